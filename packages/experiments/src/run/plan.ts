import { CounterweightError, canonicalJson, sha256 } from "@counterweight/base";
import { rowCount, type TextTable } from "@counterweight/data";
import type { WeightTransform } from "@counterweight/losses";
import type { Spec, TrainSettings } from "../spec/schema.js";
import { checkerSettings, qualityChecker } from "../spec/schema-training.js";
import { describeTransforms, weightTransform } from "../spec/schema-weights.js";
import { expandTrials, type Trial } from "../spec/trials.js";
import { type PreparedBenchmark, tableDigest } from "./prepare.js";
import { isWeighted, scoreNeeds, weightUsesModel } from "./weights.js";

/** One training to be done once, whoever needs its result. */
export interface Training {
  /** SHA-256 of `making`: equal keys are one training. */
  readonly key: string;
  /** All that decides the result, by value or by digest. Stored beside it. */
  readonly making: TrainingMaking;
  readonly label: string;
  /** `quality-checker`, or the loss with its gamma. */
  readonly method: string;
  readonly benchmark: string;
  readonly seed: number;
  readonly loss: string;
  readonly gamma: number;
  readonly transforms: readonly WeightTransform[];
  readonly settings: TrainSettings;
  readonly rows: TextTable;
  /** Rows that choose the epoch. */
  readonly validation: TextTable;
  /** Keys of the checkers (a training or a vote) whose scores of `rows` it learns with. */
  readonly quality: string | undefined;
  readonly diversity: string | undefined;
  /** Which rows the trained model is asked about, and the result holds. */
  readonly predicts: readonly PredictedRole[];
}

/** Quality checkers of several folds as one: no training of its own. */
export interface Vote {
  readonly key: string;
  readonly label: string;
  readonly benchmark: string;
  readonly seed: number;
  /** Keys of the trainings, a fold each. */
  readonly members: readonly string[];
  /** All real rows in use, and the 0-based rows of each fold. */
  readonly pool: TextTable;
  readonly folds: readonly (readonly number[])[];
}

export type PredictedRole = "test" | "validation" | "generated";

/** The content of a key. `version` changes when the meaning of an entry does. */
export interface TrainingMaking {
  readonly kind: "training";
  readonly version: 2;
  readonly backend: string;
  readonly model: string;
  readonly loss: string;
  readonly gamma: number;
  readonly transforms: readonly WeightTransform[] | undefined;
  readonly settings: TrainSettings;
  readonly seed: number;
  readonly rows: string;
  readonly validation: string;
  /** Digests of the rows asked about, by role. */
  readonly predicts: Readonly<Record<string, string>>;
  readonly quality: string | undefined;
  /** How the quality scores are calibrated; undefined for not at all. */
  readonly calibration: { readonly kind: "temperature"; readonly version: 2 } | undefined;
  readonly diversity: string | undefined;
  /**
   * Where the words of the data are the model's vocabulary, the digest of all roles they are taken
   * from; undefined for a model that brings its tokenizer.
   */
  readonly vocabulary: string | undefined;
}

/** A trial, and the training (or vote) that gives its result. */
export interface PlannedTrial {
  readonly trial: Trial;
  /** Key of it. */
  readonly result: string;
  /** Keys of the checkers behind it. */
  readonly quality: string | undefined;
  readonly diversity: string | undefined;
  readonly transforms: readonly WeightTransform[];
}

export interface Plan {
  /** Each before those that need it, in the order of the trials. */
  readonly trainings: readonly Training[];
  /** By key. */
  readonly votes: ReadonlyMap<string, Vote>;
  readonly trials: readonly PlannedTrial[];
  /** How many trials and trainings use a training, by key. */
  readonly uses: ReadonlyMap<string, number>;
}

export interface PlanInputs {
  readonly spec: Spec;
  readonly benchmarks: ReadonlyMap<string, PreparedBenchmark>;
  /** See `modelDigest`. */
  readonly model: string;
  /** See `TrainingBackend.version`. */
  readonly backend: string;
}

/** What is asked for: a classifier of a trial, or a checker behind it. */
interface Wanted {
  readonly loss: string;
  readonly gamma: number;
  readonly transforms: readonly WeightTransform[];
  readonly transformWords: string;
}

const crossEntropy: Wanted = { loss: "ce", gamma: 1, transforms: [], transformWords: "" };

/**
 * Works out which trainings a spec needs. The diversity checker is the training of CE on the same
 * rows and seed, so it has the same key and is one training without anyone saying so.
 */
export function planTrainings(inputs: PlanInputs): Plan {
  const planner = createPlanner(inputs);
  const { spec } = inputs;
  const trials = expandTrials(spec).map((trial): PlannedTrial => {
    if (trial.loss === qualityChecker) {
      const { key } = planner.quality(trial);
      return { trial, result: key, quality: undefined, diversity: undefined, transforms: [] };
    }
    const method = spec.methods.find(({ name }) => name === trial.method);
    const written = isWeighted(trial.loss) ? (method?.transform ?? spec.weights.transform) : [];
    const { key, quality, diversity, transforms } = planner.classifier(trial, {
      loss: trial.loss,
      gamma: trial.gamma,
      transforms: written.map(weightTransform),
      transformWords: describeTransforms(written),
    });
    return { trial, result: key, quality, diversity, transforms };
  });
  const { trainings, votes, uses } = planner;
  return { trainings: [...trainings.values()], votes, trials, uses };
}

function createPlanner({ spec, benchmarks, model, backend }: PlanInputs) {
  const trainings = new Map<string, Training>();
  const votes = new Map<string, Vote>();
  const uses = new Map<string, number>();
  const { folds, calibration } = spec.checker;
  const severalFractions = spec.checkerFraction.length > 1;
  const ownTokenizer = (spec.model.checkpoint ?? spec.model.config?.tokenizer) !== undefined;
  const digests = digestsOnce();
  const used = (key: string): void => {
    uses.set(key, (uses.get(key) ?? 0) + 1);
  };
  const preparedOf = ({ benchmark }: Trial): PreparedBenchmark => {
    const prepared = benchmarks.get(benchmark);
    if (prepared !== undefined) return prepared;
    throw new CounterweightError("internal", `benchmark ${benchmark} is not prepared`);
  };
  const fractionOf = (trial: Trial): string =>
    severalFractions ? `, checker on ${trial.checkerFraction}` : "";

  function add(
    trial: Trial,
    training: Omit<Training, "key" | "making" | "benchmark" | "seed">,
  ): Training {
    const { benchmark, digests: byRole } = preparedOf(trial);
    const { loss, gamma, transforms, settings, rows, validation, quality, diversity } = training;
    const roleDigests = {
      test: byRole.test,
      generated: byRole.generated,
      validation: digests(validation),
    };
    const making: TrainingMaking = {
      kind: "training",
      version: 2,
      backend,
      model,
      loss,
      gamma,
      transforms: transforms.length === 0 ? undefined : transforms,
      settings,
      seed: trial.seed,
      rows: rows === benchmark.train ? byRole.train : digests(rows),
      validation: roleDigests.validation,
      predicts: Object.fromEntries(training.predicts.map((role) => [role, roleDigests[role]])),
      quality,
      calibration:
        quality === undefined || calibration === "none"
          ? undefined
          : { kind: calibration, version: 2 },
      diversity,
      vocabulary: ownTokenizer ? undefined : sha256(canonicalJson(byRole)),
    };
    const key = sha256(canonicalJson(making));
    used(key);
    const known = trainings.get(key);
    if (known !== undefined) return known;
    const planned = { ...training, key, making, benchmark: trial.benchmark, seed: trial.seed };
    trainings.set(key, planned);
    return planned;
  }

  function checker(
    trial: Trial,
    { rows, validation, words }: { rows: TextTable; validation: TextTable; words: string },
  ): Training {
    return add(trial, {
      ...crossEntropy,
      label: `${trial.benchmark}, ${qualityChecker}${words}, seed ${trial.seed}${fractionOf(trial)}`,
      method: qualityChecker,
      settings: { ...spec.train, ...checkerSettings(spec.checker) },
      rows,
      validation,
      quality: undefined,
      diversity: undefined,
      predicts: ["test", "validation", "generated"],
    });
  }

  function quality(trial: Trial): { readonly key: string } {
    const prepared = preparedOf(trial);
    const { checkerFraction, seed, benchmark } = trial;
    if (folds === undefined) {
      const rows = prepared.checkerRows(checkerFraction, seed);
      return checker(trial, { rows, validation: prepared.benchmark.validation, words: "" });
    }
    const { pool, parts } = prepared.folds(checkerFraction, seed, folds);
    const members = parts.map(({ rows, validation }, index) =>
      checker(trial, { rows, validation, words: `, fold ${index + 1} of ${folds}` }),
    );
    const key = sha256(canonicalJson({ kind: "vote", members: members.map(({ key }) => key) }));
    used(key);
    votes.set(key, {
      key,
      label: `${benchmark}, ${qualityChecker}, seed ${seed}${fractionOf(trial)}`,
      benchmark,
      seed,
      members: members.map(({ key }) => key),
      pool,
      folds: parts.map(({ indices }) => indices),
    });
    return { key };
  }

  function classifier(trial: Trial, wanted: Wanted): Training {
    const { loss, gamma, transforms, transformWords } = wanted;
    const prepared = preparedOf(trial);
    const { benchmark } = prepared;
    const needs = scoreNeeds(loss);
    const qualityKey = needs.includes("quality") ? quality(trial).key : undefined;
    const diversityKey = needs.includes("diversity")
      ? classifier(trial, crossEntropy).key
      : undefined;
    // CE is also the diversity checker, and is asked about the rows it learnt from in any case, so
    // that adding `imp` to a spec finds it in the store.
    const scored = loss === "ce" || (needs.length > 0 && weightUsesModel(loss, gamma));
    const power = gamma === 1 ? "" : `gamma ${gamma}`;
    const changes = [power, transformWords].filter((words) => words !== "").join(", ");
    const method = changes === "" ? loss : `${loss} (${changes})`;
    const fraction = qualityKey === undefined ? "" : fractionOf(trial);
    return add(trial, {
      label: `${trial.benchmark}, ${method}, seed ${trial.seed}${fraction}`,
      method,
      loss,
      gamma,
      transforms,
      settings: spec.train,
      rows: benchmark.generated,
      validation:
        folds === undefined
          ? benchmark.validation
          : prepared.folds(trial.checkerFraction, trial.seed, folds).pool,
      quality: qualityKey,
      diversity: diversityKey,
      predicts: scored ? ["test", "validation", "generated"] : ["test", "validation"],
    });
  }

  return { trainings, votes, uses, quality, classifier };
}

/** `tableDigest`, each table read once. */
function digestsOnce(): (table: TextTable) => string {
  const known = new WeakMap<TextTable, string>();
  return (table) => {
    const digest = known.get(table) ?? tableDigest(table);
    known.set(table, digest);
    return digest;
  };
}

/** Steps of a training: full batches and a smaller last one, every epoch. */
export function stepsOf({ rows, settings }: Training): number {
  return settings.epochs * Math.ceil(rowCount(rows) / settings.batchSize);
}
