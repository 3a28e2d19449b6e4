import {
  aggregate,
  conditionOf,
  type ResultRow,
  type TrialResult,
} from "@counterweight/evaluation";
import { mostLikely } from "@counterweight/trainer";
import type { RunFindings } from "../run/results.js";
import { qualityChecker } from "../spec/schema-training.js";

/** Trials as the evaluation package takes them. */
export function trialResults({ outcomes }: Pick<RunFindings, "outcomes">): TrialResult[] {
  return outcomes.flatMap(({ trial, prepared, training, scores }): TrialResult[] => {
    const { test } = prepared.benchmark;
    const values = training.logProbabilities.test;
    if (values === undefined) return [];
    return [
      {
        ...conditionOf(trial),
        method: trial.method,
        seed: trial.seed,
        labelNames: test.labelNames,
        testLabels: test.label,
        predictions: mostLikely(values, test.labelNames.length),
        logLoss: scores.logLoss,
      },
    ];
  });
}

/**
 * One row for each method and condition, seeds folded, with the interval the spec asks for, and the
 * accuracy that theory gives where the benchmark knows it.
 */
export function resultRows(results: RunFindings): ResultRow[] {
  const { evaluation, methods } = results.spec.settings;
  const rows = aggregate(trialResults(results), {
    resamples: evaluation.bootstrapResamples,
    seed: evaluation.bootstrapSeed,
    level: evaluation.level,
  });
  return rows.map((row) => {
    const method = methods.find(({ name }) => name === row.method);
    const own = results.outcomes.find(({ trial }) => trial.benchmark === row.benchmark);
    const expected = own?.prepared.expectedAccuracy;
    if (method === undefined || expected === undefined) return row;
    // Theory knows the weights that losses define, not what transforms make of them.
    const transformed = results.outcomes.some(
      ({ trial, transforms }) => trial.method === row.method && transforms.length > 0,
    );
    if (transformed) return row;
    const closedFormAccuracy = expected({ method: method.loss, gamma: method.gamma });
    // With the few rows of a checker its closed form, the Bayes accuracy, would mislead.
    return closedFormAccuracy === undefined || method.loss === qualityChecker
      ? row
      : { ...row, closedFormAccuracy };
  });
}
