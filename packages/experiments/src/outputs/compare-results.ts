import {
  type CalibrationSummary,
  type CalibrationTrial,
  calibrationSummary,
  compareMethods,
  conditionOf,
  type MethodComparisons,
  type WeightHealthCourse,
} from "@counterweight/evaluation";
import type { RunFindings } from "../run/results.js";
import { epochHealth, healthProblems } from "../run/weight-guard.js";
import { isWeighted } from "../run/weights.js";
import { trialResults } from "./aggregate-results.js";

/** All pairs of methods on the same test rows, by accuracy and by macro-F1. */
export function methodComparisons(findings: RunFindings): MethodComparisons[] {
  const { bootstrapResamples, bootstrapSeed, level, correction } =
    findings.spec.settings.evaluation;
  const trials = trialResults(findings);
  return (["accuracy", "macroF1"] as const).map((metric) =>
    compareMethods(trials, {
      metric,
      correction,
      level,
      resamples: bootstrapResamples,
      seed: bootstrapSeed,
      family: "benchmark",
    }),
  );
}

/**
 * Calibration of every method on the test rows, as trained and after temperature scaling on the rows
 * that chose its epoch.
 */
export function calibration({ outcomes, spec }: RunFindings): CalibrationSummary[] {
  const trials = outcomes.flatMap(
    ({ trial, prepared, training, temperature, calibratedTest }): CalibrationTrial[] => {
      const { test } = prepared.benchmark;
      const values = training.logProbabilities.test;
      if (values === undefined) return [];
      const { temperature: fitted } = temperature;
      const scaled = { temperature: fitted, logProbabilities: calibratedTest };
      return [
        {
          ...conditionOf(trial),
          method: trial.method,
          seed: trial.seed,
          labelNames: test.labelNames,
          testLabels: test.label,
          logProbabilities: values,
          scaled,
        },
      ];
    },
  );
  return calibrationSummary(trials, { bins: spec.settings.evaluation.calibrationBins });
}

/** How each weighted training's weights went, epoch by epoch. */
export function weightHealthCourses({ outcomes, spec }: RunFindings): WeightHealthCourse[] {
  return outcomes.flatMap(({ trial, prepared, training }): WeightHealthCourse[] => {
    const rows = prepared.benchmark.generated;
    const { weights } = training.rowHistory;
    if (weights.length === 0 || !isWeighted(trial.loss)) return [];
    const healths = weights.map((epoch) => epochHealth(epoch, rows));
    const { guard } = spec.settings.weights;
    return [
      {
        ...conditionOf(trial),
        method: trial.method,
        seed: trial.seed,
        epochs: healths.map((health, index) => ({
          epoch: index + 1,
          effectiveShare: health?.effectiveShare ?? 0,
          massOnTopTenth: health?.massOnTopTenth ?? 0,
          largestShare: health?.largestShare ?? 0,
          vanishedClasses:
            health?.vanishedClasses.map((label) => rows.labelNames[label] ?? "") ?? rows.labelNames,
        })),
        warnings: guardWarnings(
          healths.map((health) => healthProblems(health, guard, rows.labelNames)),
        ),
      },
    ];
  });
}

/** A sentence a problem with the epochs that had it: fixed weights have the same in all. */
function guardWarnings(byEpoch: readonly (readonly string[])[]): string[] {
  const epochs = new Map<string, number[]>();
  byEpoch.forEach((problems, index) => {
    for (const problem of problems) {
      epochs.set(problem, [...(epochs.get(problem) ?? []), index + 1]);
    }
  });
  return [...epochs].map(([problem, found]) =>
    found.length === 1
      ? `Epoch ${found[0]}: ${problem}.`
      : `Epochs ${found.join(", ")}: ${problem}.`,
  );
}
