import { at, CounterweightError } from "@counterweight/base";
import { quantile } from "./statistics.js";

/** Bootstrap replicates of two scores on the same draws, subtracted and summed up. */
export interface PairedDifference {
  readonly low: number;
  readonly high: number;
  /**
   * `min(1, 2 (1 + min(#{d <= 0}, #{d >= 0})) / (1 + resamples))`: twice the smaller share of
   * replicates on one side of zero. The one added keeps it from being 0, which no finite number of
   * draws can show (Davison and Hinkley 1997, section 4.2).
   */
  readonly p: number;
}

/** Differences below this are the rounding of sums taken in another order. */
const ROUNDING = 1e-12;

/**
 * Percentile interval and two-sided p-value of a paired difference of scores.
 *
 * @param first replicates of the first score `[resamples]`
 * @param second replicates of the second on the same draws
 * @param level coverage of the interval
 * @throws CounterweightError `internal` for no replicates or columns of unlike length
 */
export function pairedDifference(
  first: Float64Array,
  second: Float64Array,
  level: number,
): PairedDifference {
  if (first.length !== second.length || first.length === 0) {
    throw new CounterweightError(
      "internal",
      `pairedDifference: ${first.length} and ${second.length} replicates`,
    );
  }
  let notAbove = 0;
  let notBelow = 0;
  const differences = first.map((score, replicate) => {
    const difference = score - at(second, replicate);
    const settled = Math.abs(difference) < ROUNDING ? 0 : difference;
    if (settled <= 0) notAbove++;
    if (settled >= 0) notBelow++;
    return settled;
  });
  differences.sort();
  const tail = (1 - level) / 2;
  return {
    low: quantile(differences, tail),
    high: quantile(differences, 1 - tail),
    p: Math.min(1, (2 * (1 + Math.min(notAbove, notBelow))) / (1 + first.length)),
  };
}
