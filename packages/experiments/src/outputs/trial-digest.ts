import { CounterweightError } from "@counterweight/base";
import {
  type CalibrationTrial,
  conditionOf,
  type TrialResult,
  type WeightHealthCourse,
} from "@counterweight/evaluation";
import { mostLikely } from "@counterweight/trainer";
import type { TrialFindings } from "../run/results.js";
import { epochHealth, healthProblems, type WeightGuard } from "../run/weight-guard.js";
import { isWeighted } from "../run/weights.js";
import { qualityChecker } from "../spec/schema-training.js";
import { type LabelNoise, labelNoiseOf } from "./label-noise.js";

/**
 * What tables take of a trial: columns of test rows, and figures in place of columns of generated rows,
 * so that thousands of trials fit in memory.
 */
export interface TrialDigest {
  readonly result: TrialResult;
  /** Accuracy that theory gives where the benchmark knows it. */
  readonly closedFormAccuracy: number | undefined;
  readonly calibration: CalibrationTrial;
  /** Undefined for methods without weights. */
  readonly weightHealth: WeightHealthCourse | undefined;
  /** Undefined where the true labels of the generated rows are not known. */
  readonly labelNoise: LabelNoise | undefined;
}

/** Takes of a trial what tables need. */
export function digestTrial(findings: TrialFindings, guard: WeightGuard): TrialDigest {
  const { trial, prepared, training, scores, temperature, calibratedTest } = findings;
  const { test } = prepared.benchmark;
  const logProbabilities = testLogProbabilities(findings);
  const trialOf = { ...conditionOf(trial), method: trial.method, seed: trial.seed };
  const rowsOf = { labelNames: test.labelNames, testLabels: test.label };
  return {
    result: {
      ...trialOf,
      ...rowsOf,
      predictions: mostLikely(logProbabilities, test.labelNames.length),
      logLoss: scores.logLoss,
    },
    closedFormAccuracy: closedFormAccuracy(findings),
    calibration: {
      ...trialOf,
      ...rowsOf,
      logProbabilities,
      scaled: { temperature: temperature.temperature, logProbabilities: calibratedTest },
    },
    weightHealth:
      training.rowHistory.weights.length === 0 || !isWeighted(trial.loss)
        ? undefined
        : { ...trialOf, ...weightCourse(findings, guard) },
    labelNoise: labelNoiseOf(findings),
  };
}

/** Natural-log probabilities of the test rows, `[rows, classes]`; every trial has them. */
export function testLogProbabilities({ training }: TrialFindings): Float32Array {
  const values = training.logProbabilities.test;
  if (values !== undefined) return values;
  throw new CounterweightError("internal", `${training.label}: no predictions of the test rows`);
}

/**
 * Theory knows the weights that losses define, not what transforms make of them; and with the few
 * rows of a checker its closed form, the Bayes accuracy, would mislead.
 */
function closedFormAccuracy({ trial, prepared, transforms }: TrialFindings): number | undefined {
  if (transforms.length > 0 || trial.loss === qualityChecker) return undefined;
  return prepared.expectedAccuracy?.({ method: trial.loss, gamma: trial.gamma });
}

/** How a training's weights went, epoch by epoch. */
function weightCourse(
  { prepared, training }: TrialFindings,
  guard: WeightGuard,
): Pick<WeightHealthCourse, "epochs" | "warnings"> {
  const rows = prepared.benchmark.generated;
  const healths = training.rowHistory.weights.map((epoch) => epochHealth(epoch, rows));
  return {
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
  };
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
