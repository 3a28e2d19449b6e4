import { at, CounterweightError, randomStream } from "@counterweight/base";
import type { ConfusionMatrix } from "@counterweight/metrics";
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

/** A score of one seed's predictions, from its confusion counts. */
export type ConfusionScore = (matrix: ConfusionMatrix) => number;

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
 * Rows with the same gold label and the same predictions are interchangeable, so a replicate counts
 * such patterns (at most a few dozen) rather than rows.
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
  const rows = gold.length;
  checkInputs(rows, predictions, resamples, level);
  const { patternOfRow, cells } = findPatterns(gold, predictions, classes);
  const seeds = predictions.length;
  const patterns = cells.length / seeds;
  const names = Object.keys(scores) as Name[];
  const replicates = names.map(() => new Float64Array(resamples));
  const random = bootstrapStream(seed);
  const multiplicity = new Uint32Array(patterns);
  const matrix = { classes, counts: new Float64Array(classes * classes), rows };

  for (let replicate = 0; replicate < resamples; replicate++) {
    multiplicity.fill(0);
    for (let draw = 0; draw < rows; draw++) {
      const pattern = at(patternOfRow, random.integer(rows));
      multiplicity[pattern] = at(multiplicity, pattern) + 1;
    }
    for (let run = 0; run < seeds; run++) {
      matrix.counts.fill(0);
      for (let pattern = 0; pattern < patterns; pattern++) {
        const cell = at(cells, pattern * seeds + run);
        matrix.counts[cell] = at(matrix.counts, cell) + at(multiplicity, pattern);
      }
      names.forEach((name, index) => {
        const column = at(replicates, index);
        column[replicate] = at(column, replicate) + scores[name](matrix) / seeds;
      });
    }
  }

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

/** The stream that row draws are taken from, replicate after replicate. */
export function bootstrapStream(seed: number): ReturnType<typeof randomStream> {
  return randomStream("bootstrap", "test rows", seed);
}

/** Groups rows by (gold, prediction of each seed); `cells[pattern * seeds + seed]` is a matrix cell. */
function findPatterns(
  gold: Int32Array,
  predictions: readonly Int32Array[],
  classes: number,
): { patternOfRow: Uint32Array; cells: Uint32Array } {
  const known = new Map<string, number>();
  const cells: number[] = [];
  const patternOfRow = Uint32Array.from(gold, (label, row) => {
    const rowCells = predictions.map((run) => label * classes + at(run, row));
    const key = rowCells.join();
    const pattern = known.get(key) ?? known.size;
    if (pattern === known.size) {
      known.set(key, pattern);
      cells.push(...rowCells);
    }
    return pattern;
  });
  return { patternOfRow, cells: Uint32Array.from(cells) };
}

function checkInputs(
  rows: number,
  predictions: readonly Int32Array[],
  resamples: number,
  level: number,
): void {
  const isFit =
    rows > 0 &&
    predictions.length > 0 &&
    predictions.every((run) => run.length === rows) &&
    Number.isInteger(resamples) &&
    resamples > 0 &&
    level > 0 &&
    level < 1;
  if (isFit) return;
  const lengths = predictions.map((run) => run.length).join(", ");
  throw new CounterweightError(
    "internal",
    `bootstrapIntervals: ${rows} gold labels, predictions of [${lengths}] rows, ${resamples} resamples, level ${level}`,
  );
}
