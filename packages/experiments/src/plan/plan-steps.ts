import { CounterweightError } from "@counterweight/base";
import type { WeightTransform } from "@counterweight/losses";
import { isWeighted, scoreNeeds, weightUsesModel } from "../run/weights.js";
import type { TrainSettings } from "../spec/schema.js";
import { checkerSettings, qualityChecker } from "../spec/schema-training.js";
import { describeTransforms, weightTransform } from "../spec/schema-weights.js";
import type { Trial } from "../spec/trials.js";
import type { Plan, PlanInputs, PlannedTrial, PlannedVariant, TrainingInfo } from "./plan.js";
import { aggregateStep } from "./plan-aggregate.js";
import { type DataSteps, dataSteps, type PlannedRows, type PlannedSource } from "./plan-data.js";
import { withKeptModels } from "./plan-models.js";
import { type Classifier, evaluationAdder, numbered, scoreAdder } from "./plan-scores.js";
import { allRoles, trainingAdder, withoutGenerated } from "./plan-training.js";
import { type StepBuilder, stepBuilder } from "./step-builder.js";

/** What is asked for: a classifier of a trial, or a checker behind it. */
interface Wanted {
  readonly loss: string;
  readonly gamma: number;
  readonly transforms: readonly WeightTransform[];
  readonly transformWords: string;
}

/** A classifier that learnt with the scores of checkers. */
interface Scored extends Classifier {
  readonly quality: string | undefined;
  readonly diversity: string | undefined;
  readonly checkers: readonly string[];
}

const crossEntropy: Wanted = { loss: "ce", gamma: 1, transforms: [], transformWords: "" };

/**
 * Works out the steps a spec needs. The diversity checker is the training of CE on the same rows and
 * seed, so it has the same key and is one step without anyone saying so.
 */
export function planSteps(inputs: PlanInputs): Plan {
  const builder = stepBuilder();
  const trainings = new Map<string, TrainingInfo>();
  const uses = new Map<string, number>();
  const severalFractions =
    new Set(inputs.trials.map(({ checkerFraction }) => checkerFraction)).size > 1;
  const shared: Shared = { ...inputs, builder, data: new Map(), trainings, uses, severalFractions };
  const variants = new Map(inputs.variants.map((variant) => [variant.name, variant]));
  const planners = new Map<string, (trial: Trial) => PlannedTrial>();
  const lastOf = new Map(inputs.trials.map(({ variant }, index) => [variant, index]));
  const trials = inputs.trials.map((trial, index) => {
    const { variant: name } = trial;
    const variant = variants.get(name);
    if (variant === undefined) throw new CounterweightError("internal", `no variant "${name}"`);
    const planner = planners.get(name) ?? variantPlanner(variant, shared);
    planners.set(name, planner);
    // What a planner remembers is for nobody after its last trial; there may be 100,000 planners.
    if (lastOf.get(name) === index) planners.delete(name);
    return planner(trial);
  });
  const planned = inputs.saveModels
    ? withKeptModels(builder, trials)
    : { steps: [...builder.steps.values()], trials };
  const aggregate = aggregateStep(inputs.name, planned.trials, inputs.aggregate);
  return {
    steps: [...planned.steps, aggregate],
    trials: planned.trials,
    aggregate: aggregate.key,
    trainings,
    uses,
    sources: inputs.sources,
  };
}

interface Shared extends PlanInputs {
  readonly builder: StepBuilder;
  /** By id of the source: variants that choose the same rows share what is done to them. */
  readonly data: Map<string, DataSteps>;
  readonly trainings: Map<string, TrainingInfo>;
  readonly uses: Map<string, number>;
  /** Whether labels have to tell fractions apart. */
  readonly severalFractions: boolean;
}

function variantPlanner(
  { name: variantName, spec, model, sources }: PlannedVariant,
  { builder, backend, data, trainings, uses, severalFractions }: Shared,
): (trial: Trial) => PlannedTrial {
  const { folds, calibration } = spec.checker;
  const checkerTraining: TrainSettings = { ...spec.train, ...checkerSettings(spec.checker) };
  const adder = trainingAdder({ builder, trainings, uses, backend, model, spec });
  const addScore = scoreAdder(builder);
  const addEvaluation = evaluationAdder(builder);
  const variantWords = variantName === "" ? "" : `, ${variantName}`;

  const sourceOf = ({ benchmark }: Trial): PlannedSource => {
    const source = sources.get(benchmark);
    if (source !== undefined) return source;
    throw new CounterweightError("internal", `benchmark ${benchmark} is not prepared`);
  };
  const dataOf = (trial: Trial): DataSteps => {
    const source = sourceOf(trial);
    const steps = data.get(source.id) ?? dataSteps(builder, source, backend);
    data.set(source.id, steps);
    return steps;
  };
  const fractionOf = (trial: Trial): string =>
    severalFractions ? `, checker on ${trial.checkerFraction}` : "";

  const checkers = new Map<string, Classifier>();
  const asksItself = new Map<string, boolean>();

  /** The same for all methods of a condition. */
  function quality(trial: Trial): Classifier {
    const condition = `${trial.benchmark}/${trial.checkerFraction}/${trial.seed}`;
    const known = checkers.get(condition);
    // Whoever asks again uses its trainings once more.
    for (const key of known?.members ?? []) uses.set(key, (uses.get(key) ?? 0) + 1);
    const found = known ?? planQuality(trial);
    checkers.set(condition, found);
    return found;
  }

  function planQuality(trial: Trial): Classifier {
    const steps = dataOf(trial);
    const { checkerFraction, seed } = trial;
    const checker = (rows: PlannedRows, validation: PlannedRows, words: string): string =>
      adder({
        kind: "train-checker",
        steps,
        source: sourceOf(trial).id,
        benchmark: trial.benchmark,
        seed: trial.seed,
        method: qualityChecker,
        label: `${trial.benchmark}, ${qualityChecker}${words}, seed ${seed}${fractionOf(trial)}${variantWords}`,
        ...crossEntropy,
        settings: checkerTraining,
        rows,
        validation,
        predicts: allRoles,
      });
    if (folds === undefined) {
      const validation = steps.role("validation");
      const key = checker(steps.checkerRows(checkerFraction, seed), validation, "");
      return { key, members: [key], validation };
    }
    const { split, pool, parts } = steps.folds(checkerFraction, seed, folds);
    const members = parts.map(({ rows, validation }, fold) =>
      checker(rows, validation, `, fold ${fold + 1} of ${folds}`),
    );
    const key = builder.add({
      kind: "vote",
      settings: {},
      inputs: { split, ...numbered("member", members) },
      label: `${trial.benchmark}, ${qualityChecker}, seed ${seed}${fractionOf(trial)}${variantWords}`,
      recipe: { kind: "vote", source: sourceOf(trial).id, members, split },
      cost: { shape: "vote", units: 1 },
    });
    return { key, members, validation: pool };
  }

  const score = (trial: Trial, checker: Classifier, name: string, calibrated: boolean): string =>
    addScore({
      checker,
      checkerName: `the ${name}`,
      label: `${trial.benchmark}, ${name}, seed ${trial.seed}${fractionOf(trial)}${variantWords}`,
      source: sourceOf(trial).id,
      rows: dataOf(trial).read("generated"),
      calibrated,
    });

  const classifiers = new Map<string, Scored>();

  /** One that learns without checkers is the same for all fractions, unless they choose its epoch. */
  function classifier(trial: Trial, wanted: Wanted): Scored {
    const alike = folds === undefined && scoreNeeds(wanted.loss).length === 0;
    const condition = `${trial.benchmark}/${alike ? "" : trial.checkerFraction}/${trial.seed}`;
    const name = `${condition}/${wanted.loss}/${wanted.gamma}/${wanted.transformWords}`;
    const known = classifiers.get(name);
    if (known !== undefined) uses.set(known.key, (uses.get(known.key) ?? 0) + 1);
    const found = known ?? planClassifier(trial, wanted);
    classifiers.set(name, found);
    return found;
  }

  function planClassifier(trial: Trial, wanted: Wanted): Scored {
    const { loss, gamma, transformWords } = wanted;
    const steps = dataOf(trial);
    const needs = scoreNeeds(loss);
    const qualityChecked = needs.includes("quality") ? quality(trial) : undefined;
    const diversityChecked = needs.includes("diversity")
      ? classifier(trial, crossEntropy)
      : undefined;
    const qualityKey =
      qualityChecked &&
      score(trial, qualityChecked, "quality checker", calibration === "temperature");
    const diversityKey =
      diversityChecked && score(trial, diversityChecked, "diversity checker", false);
    // CE is also the diversity checker, and is asked about the rows it learnt from in any case, so
    // that adding `imp` to a spec finds it in the store.
    const own = `${loss}/${gamma}`;
    const asks = asksItself.get(own) ?? (needs.length > 0 && weightUsesModel(loss, gamma));
    asksItself.set(own, asks);
    const scored = loss === "ce" || asks;
    const power = gamma === 1 ? "" : `gamma ${gamma}`;
    const changes = [power, transformWords].filter((words) => words !== "").join(", ");
    const validation =
      folds === undefined
        ? steps.role("validation")
        : steps.folds(trial.checkerFraction, trial.seed, folds).pool;
    const method = changes === "" ? loss : `${loss} (${changes})`;
    const fraction = qualityKey === undefined ? "" : fractionOf(trial);
    const key = adder({
      kind: "train-classifier",
      steps,
      source: sourceOf(trial).id,
      benchmark: trial.benchmark,
      seed: trial.seed,
      method,
      label: `${trial.benchmark}, ${method}, seed ${trial.seed}${fraction}${variantWords}`,
      ...wanted,
      settings: spec.train,
      rows: steps.role("generated"),
      validation,
      predicts: scored ? allRoles : withoutGenerated,
      quality: qualityKey,
      diversity: diversityKey,
    });
    return {
      key,
      members: [key],
      validation,
      quality: qualityKey,
      diversity: diversityKey,
      checkers: [...(qualityChecked?.members ?? []), ...(diversityChecked?.members ?? [])],
    };
  }

  function result(trial: Trial): {
    readonly found: Classifier & Partial<Scored>;
    readonly transforms: readonly WeightTransform[];
  } {
    if (trial.loss === qualityChecker) return { found: quality(trial), transforms: [] };
    const method = spec.methods.find(({ name }) => name === trial.method);
    const written = isWeighted(trial.loss) ? (method?.transform ?? spec.weights.transform) : [];
    const transforms = written.map(weightTransform);
    const { loss, gamma } = trial;
    const wanted = { loss, gamma, transforms, transformWords: describeTransforms(written) };
    return { found: classifier(trial, wanted), transforms };
  }

  return (trial) => {
    const { found, transforms } = result(trial);
    const { key, members, quality, diversity, checkers = [], validation } = found;
    const source = sourceOf(trial).id;
    const evaluate = addEvaluation({
      classifier: found,
      label: `${trial.benchmark}, ${trial.method}, seed ${trial.seed}${fractionOf(trial)}${variantWords}`,
      source,
      test: dataOf(trial).read("test"),
    });
    return {
      trial,
      source,
      result: key,
      members,
      quality,
      diversity,
      checkers,
      evaluate,
      transforms,
      validation: validation.ref,
      model: undefined,
    };
  };
}
