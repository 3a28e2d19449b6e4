import { basename, isAbsolute } from "node:path";
import type { CardEvaluation, CardSettings, CardSource, ModelCardData } from "@counterweight/bert";
import { type Role, roles } from "@counterweight/data";
import type { Condition, Interval } from "@counterweight/evaluation";
import type { PreparedBenchmark } from "../run/prepare.js";
import type { RunResults, TrialOutcome } from "../run/results.js";
import type { Trial } from "../spec/trials.js";

const purposes: Readonly<Record<Role, string>> = {
  generated: "generated, training",
  train: "real, quality checker",
  validation: "real, choice of the epoch",
  test: "real, test",
};

/** What a trial's model card says. */
export function modelCardData(
  outcome: TrialOutcome,
  results: RunResults,
  { name, spec }: { readonly name: string; readonly spec: string },
): ModelCardData {
  const { trial, training } = outcome;
  const { prepared, settings } = outcome;
  const { benchmark } = prepared;
  const { checkpoint } = settings.model;
  const health = results.weightHealth.find(
    (course) => isOf(course, trial) && course.method === trial.method && course.seed === trial.seed,
  );
  const last = health?.epochs[Math.max(0, training.bestEpoch - 1)];
  return {
    name,
    summary: `Tells apart the classes of ${trial.benchmark}. Trained on rows that a language model wrote (${trial.generated}) with the method \`${trial.method}\`.`,
    labels: benchmark.labelNames,
    pairs: benchmark.generated.textPair !== undefined,
    ...(checkpoint === undefined || isAbsolute(checkpoint) ? {} : { baseModel: checkpoint }),
    sources: roles.map((role) => source(prepared, role)),
    settings: cardSettings(outcome),
    evaluations: [evaluation(outcome, results, prepared)],
    intervals: intervalWords(results),
    ...(last === undefined
      ? {}
      : {
          weights: {
            "effective sample size, share of the rows": percent(last.effectiveShare),
            "weight on the heaviest tenth": percent(last.massOnTopTenth),
            "largest share of one row": percent(last.largestShare),
          },
        }),
    limitations: [
      `Tested on ${benchmark.test.label.length} rows of ${trial.benchmark} only.`,
      "The training rows were generated: what they lack, the model has not seen.",
    ],
    spec,
    versions: versions(results),
  };
}

/** Whether a row or a course is of a trial's condition; one that is the same for all fractions is. */
const isOf = (condition: Condition, trial: Trial): boolean =>
  condition.benchmark === trial.benchmark &&
  (condition.variant ?? "") === trial.variant &&
  (condition.checkerFraction ?? trial.checkerFraction) === trial.checkerFraction;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function source({ benchmark, digests, source }: PreparedBenchmark, role: Role): CardSource {
  const table = benchmark[role];
  const note = "the digest is of the texts and labels used, in order, not of the file";
  return {
    role: purposes[role],
    file: basename(table.file),
    sha256: digests[role],
    rows: table.label.length,
    note: role === "generated" ? `source ${source}; ${note}` : note,
  };
}

function cardSettings({ trial, training, transforms, settings }: TrialOutcome): CardSettings {
  const { train, checker } = settings;
  const plain = Object.entries(train).map(([key, value]) => [key, value ?? "as the model says"]);
  return {
    method: trial.method,
    gamma: trial.gamma,
    ...(transforms.length === 0 ? {} : { "weight transforms": JSON.stringify(transforms) }),
    seed: trial.seed,
    "checker fraction": trial.checkerFraction,
    "checker calibration": checker.calibration,
    ...(checker.folds === undefined ? {} : { "checker folds": checker.folds }),
    "epoch kept": training.bestEpoch,
    ...Object.fromEntries(plain),
  };
}

function evaluation(
  { trial, scores }: TrialOutcome,
  { rows }: RunResults,
  { benchmark }: PreparedBenchmark,
): CardEvaluation {
  const row = rows.find((candidate) => isOf(candidate, trial) && candidate.method === trial.method);
  // With several seeds the interval is of their mean, and would not be this model's.
  const own = (interval: Interval | undefined) =>
    interval === undefined || row?.seeds.length !== 1
      ? {}
      : { interval: { low: interval.low, high: interval.high } };
  return {
    dataset: trial.benchmark,
    datasetId: trial.benchmark,
    split: "test",
    rows: benchmark.test.label.length,
    metrics: [
      {
        type: "accuracy",
        name: "Accuracy",
        value: scores.accuracy,
        ...own(row?.accuracy.interval),
      },
      { type: "f1", name: "Macro-F1", value: scores.macroF1, ...own(row?.macroF1.interval) },
    ],
  };
}

function intervalWords({ spec }: RunResults): string {
  const { level, bootstrapResamples, bootstrapSeed } = spec.settings.evaluation;
  return `${100 * level} % percentile bootstrap over test rows, ${bootstrapResamples} resamples, seed ${bootstrapSeed}`;
}

function versions({ environment }: RunResults): CardSettings {
  if (environment === undefined) return {};
  const { node, platform, packages, git } = environment;
  return {
    "Node.js": node,
    platform,
    ...packages,
    ...(git === undefined ? {} : { commit: `${git.commit}${git.dirty ? " with changes" : ""}` }),
  };
}
