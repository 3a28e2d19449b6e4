import { setImmediate as breathe } from "node:timers/promises";
import { at } from "@counterweight/base";
import {
  aggregate,
  type BootstrapOptions,
  type CalibrationSummary,
  calibrationSummary,
  compareMethods,
  groupSeeds,
  type MethodComparisons,
  type ResultRow,
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

/**
 * Folds trials into tables. The bootstrap of a large sweep takes minutes; between its parts the process
 * hears signals and tells what happens.
 * @returns undefined where the signal came meanwhile
 */
export async function aggregateTrials(
  trials: readonly TrialDigest[],
  evaluation: Spec["evaluation"],
  signal?: AbortSignal,
): Promise<Aggregate | undefined> {
  const { correction, calibrationBins } = evaluation;
  const bootstrap: BootstrapOptions = {
    resamples: evaluation.bootstrapResamples,
    seed: evaluation.bootstrapSeed,
    level: evaluation.level,
  };
  const results = trials.map(({ result }) => result);
  const theory = new Map(
    trials.map(({ result, closedFormAccuracy }) => [result, closedFormAccuracy]),
  );
  const rows: ResultRow[] = [];
  for (const group of groupSeeds(results)) {
    const closedFormAccuracy = theory.get(at(group, 0));
    for (const row of aggregate(group, bootstrap)) {
      rows.push(closedFormAccuracy === undefined ? row : { ...row, closedFormAccuracy });
    }
    await breathe();
    if (signal?.aborted) return undefined;
  }
  const comparisons: MethodComparisons[] = [];
  for (const metric of ["accuracy", "macroF1"] as const) {
    comparisons.push(
      compareMethods(results, { ...bootstrap, metric, correction, family: "benchmark" }),
    );
    await breathe();
    if (signal?.aborted) return undefined;
  }
  return {
    rows,
    comparisons,
    calibration: calibrationSummary(
      trials.map(({ calibration }) => calibration),
      { bins: calibrationBins },
    ),
    weightHealth: trials.flatMap(({ weightHealth }) => weightHealth ?? []),
    labelNoise: trials.flatMap(({ labelNoise }) => labelNoise ?? []),
  };
}
