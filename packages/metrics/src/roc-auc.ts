import { at, CounterweightError } from "@counterweight/base";

/**
 * Area under the receiver operating characteristic curve: the probability that a positive row has a
 * higher score than a negative one, ties counting one half (Mann and Whitney 1947). 0.5 is chance.
 * Undefined where all rows are positive or none is.
 *
 * @param positive whether each row is positive, 0 or 1 (or boolean), `[rows]`
 * @param scores higher means more likely positive, `[rows]`
 * @throws CounterweightError `internal` for arrays of unlike length, `data` for a score that is NaN
 */
export function rocAuc(
  positive: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
): number | undefined {
  const rows = scores.length;
  if (positive.length !== rows) {
    throw new CounterweightError("internal", `rocAuc: ${positive.length} rows, ${rows} scores`);
  }
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  for (const row of order) {
    if (Number.isNaN(at(scores, row))) {
      throw new CounterweightError("data", `the score of row ${row} is NaN.`);
    }
  }
  order.sort((left, right) => at(scores, left) - at(scores, right));
  let positives = 0;
  let rankSum = 0;
  for (let first = 0; first < rows; ) {
    let end = first + 1;
    while (end < rows && at(scores, at(order, end)) === at(scores, at(order, first))) end++;
    // Ranks first + 1 to end are tied: each counts as their mean.
    const rank = (first + 1 + end) / 2;
    for (let place = first; place < end; place++) {
      if (Number(at(positive, at(order, place))) === 0) continue;
      positives++;
      rankSum += rank;
    }
    first = end;
  }
  const negatives = rows - positives;
  if (positives === 0 || negatives === 0) return undefined;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
