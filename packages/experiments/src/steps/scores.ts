import { CounterweightError } from "@counterweight/base";
import {
  applyTemperature,
  fitTemperature,
  meanLogProbabilities,
  outOfFold,
  type TemperatureFit,
} from "@counterweight/checkers";
import type { TextTable } from "@counterweight/data";
import type { TrainingResult } from "./training-result.js";

/** Log-probabilities that a training was asked for. @throws CounterweightError `internal` */
export function valuesOf(
  { label, logProbabilities }: Pick<TrainingResult, "label" | "logProbabilities">,
  role: string,
): Float32Array {
  const values = logProbabilities[role];
  if (values !== undefined) return values;
  throw new CounterweightError("internal", `${label} was not asked about ${role}`);
}

/**
 * Temperature of a model, fitted on rows it was not trained on; of several checkers one for all. It is
 * 1 where all those rows are right: their likelihood then grows without end towards certainty, and
 * says nothing of the rows that will be scored.
 */
export function fitOn(values: Float32Array, heldOut: TextTable): TemperatureFit {
  const found = fitTemperature(values, heldOut.label, heldOut.labelNames.length);
  return found.atBound && found.temperature < 1
    ? { ...found, temperature: 1, logLossAfter: found.logLossBefore }
    : found;
}

/**
 * Log-probabilities at a temperature, `[rows, classes]`. Of several checkers each is scaled before
 * they vote: it was fitted on one checker's scores of a row, and a mean is less sure already.
 */
export function calibrated(
  results: readonly TrainingResult[],
  role: "test" | "generated",
  classes: number,
  temperature: number,
): Float32Array {
  const scaled = results.map((result) =>
    applyTemperature(valuesOf(result, role), classes, temperature),
  );
  const [only] = scaled;
  return scaled.length === 1 && only !== undefined ? only : meanLogProbabilities(scaled);
}

/** Several checkers as one: their mean probability, and out-of-fold ones for the rows they learnt from. */
export function countVotes(
  members: readonly TrainingResult[],
  folds: readonly (readonly number[])[],
  classes: number,
): Omit<TrainingResult, "key" | "label"> {
  const of = (role: string): Float32Array[] => members.map((member) => valuesOf(member, role));
  return {
    seconds: members.reduce((sum, { seconds }) => sum + seconds, 0),
    bestEpoch: 0,
    epochs: [],
    steps: { loss: [], learningRate: [] },
    logProbabilities: {
      test: meanLogProbabilities(of("test")),
      generated: meanLogProbabilities(of("generated")),
      validation: outOfFold(folds, of("validation"), classes),
    },
    rowHistory: { weights: [], logProbabilities: [] },
  };
}
