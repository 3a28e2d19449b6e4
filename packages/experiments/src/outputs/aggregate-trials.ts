import { setImmediate as breathe } from "node:timers/promises";
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
  const rows: ResultRow[] = [];
  for (const group of alike(results)) {
    rows.push(...aggregate(group, bootstrap));
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
    rows: withTheory(rows, trials),
    comparisons,
    calibration: calibrationSummary(
      trials.map(({ calibration }) => calibration),
      { bins: calibrationBins },
    ),
    weightHealth: trials.flatMap(({ weightHealth }) => weightHealth ?? []),
    labelNoise: trials.flatMap(({ labelNoise }) => labelNoise ?? []),
  };
}

/** Where a trial stands in the table, whatever its seed. */
const place = (row: ResultRow | TrialResult): string =>
  JSON.stringify([conditionOf(row), row.method]);

/** The seeds of each method under each condition, in order of first appearance. */
function alike(results: readonly TrialResult[]): Iterable<readonly TrialResult[]> {
  const groups = new Map<string, TrialResult[]>();
  for (const result of results) {
    const own = groups.get(place(result));
    if (own === undefined) groups.set(place(result), [result]);
    else own.push(result);
  }
  return groups.values();
}

/** Adds the accuracy that theory gives where the benchmark knows it. */
function withTheory(rows: readonly ResultRow[], trials: readonly TrialDigest[]): ResultRow[] {
  const theory = new Map(trials.map((trial) => [place(trial.result), trial.closedFormAccuracy]));
  return rows.map((row) => {
    const closedFormAccuracy = theory.get(place(row));
    return closedFormAccuracy === undefined ? row : { ...row, closedFormAccuracy };
  });
}
