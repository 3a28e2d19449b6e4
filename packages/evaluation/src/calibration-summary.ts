import { at } from "@counterweight/base";
import {
  binConfidences,
  brierScore,
  expectedCalibrationError,
  logLoss,
  maximumCalibrationError,
  type ReliabilityBin,
  type ReliabilityOptions,
  type TopLabels,
  topLabels,
} from "@counterweight/metrics";
import { summarise } from "./aggregate.js";
import { type Condition, conditionOf, type SeedSummary } from "./results.js";
import { groupSeeds, type SeedTrial } from "./seed-groups.js";

/** One classifier's or checker's probabilities on rows whose labels are known. */
export interface CalibrationTrial extends SeedTrial {
  /** Natural logarithms, row-major `[rows, classes]`. */
  readonly logProbabilities: Float32Array | Float64Array;
  /** The same model after temperature scaling, `log softmax(logits / temperature)`. */
  readonly scaled?: {
    readonly temperature: number;
    readonly logProbabilities: Float32Array | Float64Array;
  };
}

/** How far probabilities can be believed, over training seeds. */
export interface CalibrationScores {
  /** Expected calibration error of each seed's own bins, 0 to 1. */
  readonly expectedError: SeedSummary;
  /** Maximum calibration error of each seed's own bins, 0 to 1. */
  readonly maximumError: SeedSummary;
  /** Brier score, 0 to 2. */
  readonly brier: SeedSummary;
  /** Mean negative log-probability of the gold labels, nats. */
  readonly logLoss: SeedSummary;
  /** The rows of all seeds in the same bins: for drawing, smoother than a single seed's. */
  readonly bins: readonly ReliabilityBin[];
}

/** Calibration of one method under one condition, before and after temperature scaling. */
export interface CalibrationSummary extends Condition {
  readonly method: string;
  /** Training seeds, ascending. */
  readonly seeds: readonly number[];
  readonly rows: number;
  readonly before: CalibrationScores;
  /** Absent unless every seed was scaled. */
  readonly after?: CalibrationScores;
  /** Absent unless every seed was scaled; 1 changes nothing, above 1 softens. */
  readonly temperature?: SeedSummary;
}

/** Options of {@link calibrationSummary}. */
export type CalibrationOptions = ReliabilityOptions;

/**
 * Calibration of each method under each condition: expected and maximum calibration error, Brier
 * score and log-loss as mean and sample standard deviation over seeds, and pooled reliability bins;
 * the same after temperature scaling where it is given.
 *
 * @throws CounterweightError `data` for trials that cannot stand side by side (as `aggregate`) or
 *   values that are not log-probabilities
 */
export function calibrationSummary(
  trials: readonly CalibrationTrial[],
  options: CalibrationOptions = {},
): CalibrationSummary[] {
  return groupSeeds(trials).map((runs) => {
    const first = at(runs, 0);
    const scaled = runs.flatMap(({ scaled: after, ...run }) =>
      after === undefined ? [] : [{ run: { ...run, ...after }, temperature: after.temperature }],
    );
    return {
      ...conditionOf(first),
      method: first.method,
      seeds: runs.map(({ seed }) => seed),
      rows: first.testLabels.length,
      before: scoresOf(runs, options),
      ...(scaled.length < runs.length
        ? {}
        : {
            after: scoresOf(
              scaled.map(({ run }) => run),
              options,
            ),
            temperature: summarise(scaled.map(({ temperature }) => temperature)),
          }),
    };
  });
}

function scoresOf(
  runs: readonly CalibrationTrial[],
  options: CalibrationOptions,
): CalibrationScores {
  const tops = runs.map(({ testLabels, logProbabilities, labelNames }) =>
    topLabels(testLabels, logProbabilities, labelNames.length),
  );
  const binned = tops.map((top) => binConfidences(top, options));
  const over = (
    score: (labels: Int32Array, log: Float32Array | Float64Array, classes: number) => number,
  ): SeedSummary =>
    summarise(
      runs.map((run) => score(run.testLabels, run.logProbabilities, run.labelNames.length)),
    );
  return {
    expectedError: summarise(binned.map(expectedCalibrationError)),
    maximumError: summarise(binned.map(maximumCalibrationError)),
    brier: over(brierScore),
    logLoss: over(logLoss),
    bins: binConfidences(pool(tops), options),
  };
}

function pool(tops: readonly TopLabels[]): TopLabels {
  const rows = tops.reduce((sum, { right }) => sum + right.length, 0);
  const confidence = new Float64Array(rows);
  const right = new Uint8Array(rows);
  let first = 0;
  for (const top of tops) {
    confidence.set(top.confidence, first);
    right.set(top.right, first);
    first += top.right.length;
  }
  return { confidence, right };
}
