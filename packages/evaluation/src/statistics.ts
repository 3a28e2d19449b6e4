import { at, CounterweightError } from "@counterweight/base";

/** Arithmetic mean. Throws `internal` for no values. */
export function mean(values: ArrayLike<number>): number {
  if (values.length === 0) throw new CounterweightError("internal", "mean: no values");
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += at(values, index);
  return sum / values.length;
}

/**
 * Sample standard deviation, `sqrt(sum (v - mean)^2 / (n - 1))`; undefined for fewer than two
 * values, never NaN.
 */
export function sampleStandardDeviation(values: ArrayLike<number>): number | undefined {
  if (values.length < 2) return undefined;
  const centre = mean(values);
  let squares = 0;
  for (let index = 0; index < values.length; index++) squares += (at(values, index) - centre) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}

/**
 * The `share` quantile of ascending values, linear between neighbours (NumPy's default, type 7 of
 * Hyndman and Fan 1996).
 *
 * @param share 0 (smallest) to 1 (largest)
 */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  const place = share * (ascending.length - 1);
  const below = Math.floor(place);
  const low = at(ascending, below);
  const high = at(ascending, Math.min(below + 1, ascending.length - 1));
  return low + (high - low) * (place - below);
}
