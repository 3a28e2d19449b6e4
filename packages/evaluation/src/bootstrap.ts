import { at, CounterweightError } from "@counterweight/base";
import { bootstrapReplicates, type ConfusionScore } from "./replicates.js";
import { quantile } from "./statistics.js";

/** A percentile bootstrap interval, with everything needed to draw it again. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Coverage aimed at, such as 0.95. */
  readonly level: number;
  /** Number of bootstrap replicates. */
  readonly resamples: number;
  /** Seed of the resampling (not of training). */
  readonly seed: number;
  /** What a replicate draws: one set of test rows, the same for every training seed. */
  readonly resampled: "test rows, jointly across seeds";
}

/** Options of {@link bootstrapIntervals}. */
export interface BootstrapOptions {
  /** Default 10,000. */
  readonly resamples?: number;
  /** Default 0.95. */
  readonly level?: number;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * Percentile bootstrap (Efron 1979) of scores averaged over training seeds. Each replicate draws
 * `rows` test rows with replacement, once, and scores *all* seeds on that draw, then averages over
 * seeds: seeds share their test rows, so drawing rows for each seed on its own would make the
 * interval too narrow. The interval speaks of the choice of test rows, not of new training seeds.
 *
 * The draws depend on `seed`, the replicate and the number of rows alone: two methods on one test
 * set are scored on the same draws.
 *
 * @param gold class indices `[rows]`
 * @param predictions one `[rows]` array for each training seed
 * @param classes size of the label set
 * @param scores what to bound, by name
 * @throws CounterweightError `internal` for unlike lengths, no seeds or options out of range
 */
export function bootstrapIntervals<Name extends string>(
  gold: Int32Array,
  predictions: readonly Int32Array[],
  classes: number,
  scores: { readonly [K in Name]: ConfusionScore },
  { resamples = 10_000, level = 0.95, seed = 0 }: BootstrapOptions = {},
): { readonly [K in Name]: Interval } {
  checkLevel(level);
  const names = Object.keys(scores) as Name[];
  const [replicates = []] = bootstrapReplicates(
    gold,
    [predictions],
    classes,
    names.map((name) => scores[name]),
    { resamples, seed },
  );
  const tail = (1 - level) / 2;
  const entries = names.map((name, index): [Name, Interval] => {
    const ascending = at(replicates, index).sort();
    const low = quantile(ascending, tail);
    const high = quantile(ascending, 1 - tail);
    const resampled = "test rows, jointly across seeds";
    return [name, { low, high, level, resamples, seed, resampled }];
  });
  // Object.fromEntries forgets which keys went in.
  return Object.fromEntries(entries) as { [K in Name]: Interval };
}

/** Refuses a coverage that is no share strictly between 0 and 1. */
export function checkLevel(level: number): void {
  if (level > 0 && level < 1) return;
  throw new CounterweightError("internal", `bootstrap: level ${level} is not between 0 and 1`);
}
