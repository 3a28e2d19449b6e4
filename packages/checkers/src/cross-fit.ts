import { at, CounterweightError } from "@counterweight/base";

/**
 * The logarithm of the mean probability of several checkers, cell by cell: rows that no checker has
 * seen get the vote of all. Float32, the shape of each of them.
 * @throws CounterweightError `internal` for none, or arrays of unlike length.
 */
export function meanLogProbabilities(members: readonly Float32Array[]): Float32Array {
  const first = members[0];
  if (first === undefined || members.some(({ length }) => length !== first.length)) {
    throw new CounterweightError("internal", "meanLogProbabilities: needed arrays of one length.");
  }
  return Float32Array.from(first, (_, cell) => {
    let largest = Number.NEGATIVE_INFINITY;
    for (const member of members) largest = Math.max(largest, at(member, cell));
    if (largest === Number.NEGATIVE_INFINITY) return largest;
    let sum = 0;
    for (const member of members) sum += Math.exp(at(member, cell) - largest);
    return largest + Math.log(sum / members.length);
  });
}

/**
 * Out-of-fold log-probabilities: each row from the one checker that was not trained on it, in the
 * order of the whole table. Float32 `[rows, classes]`.
 *
 * @param folds 0-based row indices of each fold; together every row once
 * @param heldOut log-probabilities of each fold's rows by the checker that did not see them,
 *   `[rows of the fold, classes]`
 * @throws CounterweightError `internal` where folds and arrays do not fit or rows repeat or lack.
 */
export function outOfFold(
  folds: readonly (readonly number[])[],
  heldOut: readonly Float32Array[],
  classes: number,
): Float32Array {
  const rows = folds.reduce((sum, fold) => sum + fold.length, 0);
  const result = new Float32Array(rows * classes).fill(Number.NaN);
  folds.forEach((fold, index) => {
    const values = heldOut[index];
    if (values?.length !== fold.length * classes) {
      throw new CounterweightError("internal", `outOfFold: fold ${index} has another size.`);
    }
    fold.forEach((row, position) => {
      result.set(values.subarray(position * classes, (position + 1) * classes), row * classes);
    });
  });
  const distinct = new Set(folds.flat());
  if (distinct.size !== rows || [...distinct].some((row) => row < 0 || row >= rows)) {
    throw new CounterweightError("internal", "outOfFold: every row must be in exactly one fold.");
  }
  return result;
}
