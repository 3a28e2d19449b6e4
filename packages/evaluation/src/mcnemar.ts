import { at, CounterweightError } from "@counterweight/base";

/** McNemar's test on one pair of predictions. */
export interface McNemar {
  /** Rows that only the first has right. */
  readonly b: number;
  /** Rows that only the second has right. */
  readonly c: number;
  /** Exact two-sided p-value. */
  readonly p: number;
  /** Mid-p value: less conservative, close to the nominal level (Fagerland et al. 2013). */
  readonly midP: number;
}

/**
 * McNemar's exact test (1947): of the `n = b + c` rows that exactly one of two classifiers has
 * right, each falls to either with probability 1/2 if both are equally good.
 * `p = min(1, 2 P(X <= min(b, c)))` and `mid-p = 2 P(X <= min(b, c)) - P(X = min(b, c))` with
 * `X ~ Binomial(n, 1/2)`; both 1 where the classifiers are right on the same rows.
 *
 * It belongs to *one* pair of predictions. Adding up `b` and `c` over training seeds would count
 * each test row several times as if it were new: test each seed, and take the paired bootstrap
 * across seeds.
 *
 * @param labels gold class indices `[rows]`
 * @param first class indices `[rows]`
 * @param second class indices `[rows]`
 * @throws CounterweightError `internal` for arrays of unlike length
 */
export function mcnemar(labels: Int32Array, first: Int32Array, second: Int32Array): McNemar {
  if (first.length !== labels.length || second.length !== labels.length) {
    throw new CounterweightError(
      "internal",
      `mcnemar: ${labels.length} labels, ${first.length} and ${second.length} predictions`,
    );
  }
  let b = 0;
  let c = 0;
  for (let row = 0; row < labels.length; row++) {
    const label = at(labels, row);
    const isFirst = at(first, row) === label;
    const isSecond = at(second, row) === label;
    if (isFirst && !isSecond) b++;
    if (isSecond && !isFirst) c++;
  }
  return { b, c, ...mcnemarProbabilities(b, c) };
}

/** {@link mcnemar} from the two counts of rows that exactly one classifier has right. */
export function mcnemarProbabilities(b: number, c: number): { p: number; midP: number } {
  const rows = b + c;
  const less = Math.min(b, c);
  const point = halfBinomial(rows, less);
  // Downwards from the largest term: each is the one above times k / (n - k + 1).
  let term = point;
  let tail = point;
  for (let k = less; k > 0 && term > tail * 1e-18; k--) {
    term *= k / (rows - k + 1);
    tail += term;
  }
  if (b === c) return { p: 1, midP: 1 };
  return { p: Math.min(1, 2 * tail), midP: 2 * tail - point };
}

/** `P(X = k)` for `X ~ Binomial(n, 1/2)`, by logarithms, so that thousands of rows neither vanish nor overflow. */
function halfBinomial(n: number, k: number): number {
  let log = -n * Math.LN2;
  for (let i = 1; i <= k; i++) log += Math.log((n - k + i) / i);
  return Math.exp(log);
}
