import { at, CounterweightError } from "@counterweight/base";
import { checkClass, checkRows } from "./confusion-matrix.js";

/** log(2^-52): scikit-learn's clip for float64, so that a probability of zero costs 36.04, not infinity. */
const SMALLEST_LOG_PROBABILITY = -52 * Math.LN2;

/**
 * Mean negative log-probability of the gold labels, in nats:
 * `-(1/n) sum_i max(log p_i[gold_i], log 2^-52)`.
 *
 * @param gold class indices `[rows]`
 * @param logProbability natural logarithms, row-major `[rows, classes]`; each row's probabilities
 *   sum to 1 (not checked)
 * @param classes size of the label set
 * @throws CounterweightError `data` for an index outside the label set or a value that is not a
 *   log-probability (NaN or above 0 by more than rounding), `internal` for unlike lengths
 */
export function logLoss(
  gold: Int32Array,
  logProbability: Float32Array | Float64Array,
  classes: number,
): number {
  checkRows(gold.length, logProbability.length / classes, "rows of log-probabilities");
  let sum = 0;
  for (let row = 0; row < gold.length; row++) {
    const goldClass = at(gold, row);
    checkClass("gold label", goldClass, classes, row);
    const value = at(logProbability, row * classes + goldClass);
    if (Number.isNaN(value) || value > 1e-5) {
      throw new CounterweightError(
        "data",
        `log-probability at position ${row}, class ${goldClass} is ${value}; it must be 0 or less.`,
        { fix: "Give natural logarithms of probabilities, not probabilities or logits." },
      );
    }
    sum += Math.min(0, Math.max(value, SMALLEST_LOG_PROBABILITY));
  }
  return sum === 0 ? 0 : -sum / gold.length;
}
