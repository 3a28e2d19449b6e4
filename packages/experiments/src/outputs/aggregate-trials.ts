import {
  aggregate,
  type BootstrapOptions,
  type CalibrationSummary,
  calibrationSummary,
  compareMethods,
  conditionOf,
  type MethodComparisons,
  type ResultRow,
  type TrialResult,
  type WeightHealthCourse,
} from "@counterweight/evaluation";
import type { Spec } from "../spec/schema.js";
import type { LabelNoise } from "./label-noise.js";
import type { TrialDigest } from "./trial-digest.js";

/** All that is made of several trials together: plain JSON, as the aggregate step stores it. */
export interface Aggregate {
  /** One row for each method and condition, seeds folded, with intervals. */
  readonly rows: readonly ResultRow[];
  /** All pairs of methods on the same test rows, by accuracy and by macro-F1. */
  readonly comparisons: readonly MethodComparisons[];
  /** Of every method, as trained and after temperature scaling on the rows that chose its epoch. */
  readonly calibration: readonly CalibrationSummary[];
  readonly weightHealth: readonly WeightHealthCourse[];
  readonly labelNoise: readonly LabelNoise[];
}

/** Folds trials into tables. The bootstrap takes seconds. */
export function aggregateTrials(
  trials: readonly TrialDigest[],
  evaluation: Spec["evaluation"],
): Aggregate {
  const { correction, calibrationBins } = evaluation;
  const bootstrap: BootstrapOptions = {
    resamples: evaluation.bootstrapResamples,
    seed: evaluation.bootstrapSeed,
    level: evaluation.level,
  };
  const results = trials.map(({ result }) => result);
  return {
    rows: withTheory(aggregate(results, bootstrap), trials),
    comparisons: (["accuracy", "macroF1"] as const).map((metric) =>
      compareMethods(results, { ...bootstrap, metric, correction, family: "benchmark" }),
    ),
    calibration: calibrationSummary(
      trials.map(({ calibration }) => calibration),
      { bins: calibrationBins },
    ),
    weightHealth: trials.flatMap(({ weightHealth }) => weightHealth ?? []),
    labelNoise: trials.flatMap(({ labelNoise }) => labelNoise ?? []),
  };
}

/** Adds the accuracy that theory gives where the benchmark knows it. */
function withTheory(rows: readonly ResultRow[], trials: readonly TrialDigest[]): ResultRow[] {
  const place = (row: ResultRow | TrialResult): string =>
    JSON.stringify([conditionOf(row), row.method]);
  const theory = new Map(trials.map((trial) => [place(trial.result), trial.closedFormAccuracy]));
  return rows.map((row) => {
    const closedFormAccuracy = theory.get(place(row));
    return closedFormAccuracy === undefined ? row : { ...row, closedFormAccuracy };
  });
}
