import { at, CounterweightError } from "@counterweight/base";
import { checkClass, checkRows } from "./confusion-matrix.js";

/** Refuses labels or log-probabilities that no score can be computed from. */
export function checkProbabilities(
  labels: Int32Array,
  logProbabilities: Float32Array | Float64Array,
  classes: number,
): void {
  checkRows(labels.length, logProbabilities.length / classes, "rows of log-probabilities");
  for (let row = 0; row < labels.length; row++) {
    checkClass("gold label", at(labels, row), classes, row);
    for (let index = 0; index < classes; index++) {
      checkLogProbability(at(logProbabilities, row * classes + index), row, index);
    }
  }
}

/** A log-probability is 0 or less, but for the rounding of a 32-bit softmax; minus infinity is one. */
function checkLogProbability(value: number, row: number, index: number): void {
  if (value <= 1e-5) return;
  throw new CounterweightError(
    "data",
    `log-probability at position ${row}, class ${index} is ${value}; it must be 0 or less.`,
    { fix: "Give natural logarithms of probabilities, not probabilities or logits." },
  );
}

/** `exp(log p)`, never above 1. */
export function probability(logProbability: number): number {
  return Math.min(1, Math.exp(logProbability));
}
