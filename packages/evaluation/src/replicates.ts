import { at, CounterweightError, randomStream } from "@counterweight/base";
import type { ConfusionMatrix } from "@counterweight/metrics";

/** A score of one seed's predictions, from its confusion counts. */
export type ConfusionScore = (matrix: ConfusionMatrix) => number;

/** Several training seeds of one method: what they predicted, one `[rows]` array a seed. */
export type SeedPredictions = readonly Int32Array[];

/** How often to draw, and from which stream. */
export interface Resampling {
  /** Number of bootstrap replicates. */
  readonly resamples: number;
  /** Seed of the draws (not of training). */
  readonly seed: number;
}

/**
 * Bootstrap replicates of scores averaged over training seeds, for several methods on the same
 * draws: replicate r of each method is scored on the same test rows, so that replicates may be
 * subtracted. A replicate draws `rows` test rows with replacement, once, for all methods and seeds.
 *
 * Rows with the same gold label and the same predictions of a method's seeds are interchangeable,
 * so its replicate counts such patterns (at most a few dozen) rather than rows.
 *
 * @param gold class indices `[rows]`
 * @param methods predictions of each method's seeds
 * @param classes size of the label set
 * @param scores what to compute from a seed's confusion counts
 * @returns `[methods][scores]` columns of `[resamples]` values
 * @throws CounterweightError `internal` for unlike lengths, no rows, no seeds or no resamples
 */
export function bootstrapReplicates(
  gold: Int32Array,
  methods: readonly SeedPredictions[],
  classes: number,
  scores: readonly ConfusionScore[],
  { resamples, seed }: Resampling,
): Float64Array[][] {
  const rows = gold.length;
  checkInputs(rows, methods, resamples);
  const scored = methods.map((predictions) => ({
    ...findPatterns(gold, predictions, classes),
    seeds: predictions.length,
    replicates: scores.map(() => new Float64Array(resamples)),
  }));
  const random = bootstrapStream(seed);
  const drawn = new Uint32Array(rows);
  const matrix = { classes, counts: new Float64Array(classes * classes), rows };

  // Hundreds of millions of steps: `?? 0` instead of `at` keeps the loops free of calls.
  for (let replicate = 0; replicate < resamples; replicate++) {
    drawn.fill(0);
    for (let draw = 0; draw < rows; draw++) {
      const row = random.integer(rows);
      drawn[row] = (drawn[row] ?? 0) + 1;
    }
    for (const { patternOfRow, multiplicity, cells, seeds, replicates } of scored) {
      countPatterns(patternOfRow, drawn, multiplicity);
      for (let run = 0; run < seeds; run++) {
        matrix.counts.fill(0);
        for (let pattern = 0; pattern < multiplicity.length; pattern++) {
          const cell = cells[pattern * seeds + run] ?? 0;
          matrix.counts[cell] = (matrix.counts[cell] ?? 0) + (multiplicity[pattern] ?? 0);
        }
        scores.forEach((score, index) => {
          const column = at(replicates, index);
          column[replicate] = at(column, replicate) + score(matrix) / seeds;
        });
      }
    }
  }
  return scored.map(({ replicates }) => replicates);
}

function countPatterns(
  patternOfRow: Uint32Array,
  drawn: Uint32Array,
  multiplicity: Uint32Array,
): void {
  multiplicity.fill(0);
  for (let row = 0; row < patternOfRow.length; row++) {
    const pattern = patternOfRow[row] ?? 0;
    multiplicity[pattern] = (multiplicity[pattern] ?? 0) + (drawn[row] ?? 0);
  }
}

/** The stream that row draws are taken from, replicate after replicate. */
export function bootstrapStream(seed: number): ReturnType<typeof randomStream> {
  return randomStream("bootstrap", "test rows", seed);
}

/** A method's rows by (gold, prediction of each seed). */
interface Patterns {
  readonly patternOfRow: Uint32Array;
  /** `[patterns, seeds]`: the matrix cell that a row of the pattern counts in. */
  readonly cells: Uint32Array;
  /** `[patterns]`, filled anew for each replicate. */
  readonly multiplicity: Uint32Array;
}

function findPatterns(gold: Int32Array, predictions: SeedPredictions, classes: number): Patterns {
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
  return {
    patternOfRow,
    cells: Uint32Array.from(cells),
    multiplicity: new Uint32Array(known.size),
  };
}

function checkInputs(rows: number, methods: readonly SeedPredictions[], resamples: number): void {
  const isFit =
    rows > 0 &&
    methods.every((runs) => runs.length > 0 && runs.every((run) => run.length === rows)) &&
    Number.isInteger(resamples) &&
    resamples > 0;
  if (isFit) return;
  const lengths = methods.map((runs) => `[${runs.map((run) => run.length).join(", ")}]`).join(" ");
  throw new CounterweightError(
    "internal",
    `bootstrap: ${rows} gold labels, predictions of ${lengths} rows, ${resamples} resamples`,
  );
}
