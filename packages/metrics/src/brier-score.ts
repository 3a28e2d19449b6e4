import { at } from "@counterweight/base";
import { checkProbabilities, probability } from "./probabilities.js";

/**
 * Brier score for several classes (Brier 1950): the squared distance between the probabilities and
 * the gold class written as a one-hot row, averaged over rows,
 * `(1/n) sum_i sum_k (p_ik - [k = gold_i])^2`; 0 (certain and right) to 2 (certain and wrong).
 * scikit-learn's `brier_score_loss(..., scale_by_half=False)`.
 *
 * @param labels gold class indices `[rows]`
 * @param logProbabilities natural logarithms, row-major `[rows, classes]`
 * @param classes size of the label set
 * @throws CounterweightError as {@link reliabilityBins}
 */
export function brierScore(
  labels: Int32Array,
  logProbabilities: Float32Array | Float64Array,
  classes: number,
): number {
  checkProbabilities(labels, logProbabilities, classes);
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    const gold = at(labels, row);
    for (let index = 0; index < classes; index++) {
      const target = index === gold ? 1 : 0;
      sum += (probability(at(logProbabilities, row * classes + index)) - target) ** 2;
    }
  }
  return sum / labels.length;
}
