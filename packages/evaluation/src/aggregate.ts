import { at } from "@counterweight/base";
import { confusionMatrix, macroF1, matrixAccuracy } from "@counterweight/metrics";
import { type BootstrapOptions, bootstrapIntervals } from "./bootstrap.js";
import { conditionOf, type ResultRow, type SeedSummary, type TrialResult } from "./results.js";
import { groupSeeds } from "./seed-groups.js";
import { mean, sampleStandardDeviation } from "./statistics.js";

/**
 * Folds training seeds: one row for each method under each condition, in order of first appearance,
 * with mean, sample standard deviation and a bootstrap interval of accuracy and macro-F1.
 *
 * @throws CounterweightError `data` where trials of one benchmark were scored on different test
 *   labels or label sets (their scores cannot be compared), or where a seed comes twice
 */
export function aggregate(
  trials: readonly TrialResult[],
  options: BootstrapOptions = {},
): ResultRow[] {
  return groupSeeds(trials).map((group) => foldSeeds(group, options));
}

function foldSeeds(runs: readonly TrialResult[], options: BootstrapOptions): ResultRow {
  const first = at(runs, 0);
  const classes = first.labelNames.length;
  const matrices = runs.map((run) => confusionMatrix(run.testLabels, run.predictions, classes));
  const interval = bootstrapIntervals(
    first.testLabels,
    runs.map((run) => run.predictions),
    classes,
    { accuracy: matrixAccuracy, macroF1: (matrix) => macroF1(matrix) },
    options,
  );
  const losses = runs.flatMap((run) => (run.logLoss === undefined ? [] : [run.logLoss]));
  return {
    ...conditionOf(first),
    method: first.method,
    seeds: runs.map((run) => run.seed),
    testRows: first.testLabels.length,
    accuracy: { ...summarise(matrices.map(matrixAccuracy)), interval: interval.accuracy },
    macroF1: {
      ...summarise(matrices.map((matrix) => macroF1(matrix))),
      interval: interval.macroF1,
    },
    ...(losses.length === runs.length ? { logLoss: summarise(losses) } : {}),
  };
}

/** Mean, standard deviation and the values themselves. */
export function summarise(values: readonly number[]): SeedSummary {
  const standardDeviation = sampleStandardDeviation(values);
  return {
    mean: mean(values),
    ...(standardDeviation === undefined ? {} : { standardDeviation }),
    values,
  };
}
