import { checkRows } from "./confusion-matrix.js";

/**
 * Share of rows predicted as labelled, 0 to 1.
 *
 * @param gold class indices `[rows]`
 * @param predicted class indices `[rows]`
 * @throws CounterweightError `data` without rows, `internal` for arrays of unlike length
 */
export function accuracy(gold: Int32Array, predicted: Int32Array): number {
  checkRows(gold.length, predicted.length, "predictions");
  let right = 0;
  for (let row = 0; row < gold.length; row++) {
    if (gold[row] === predicted[row]) right++;
  }
  return right / gold.length;
}
