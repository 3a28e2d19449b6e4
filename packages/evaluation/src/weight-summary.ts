import { at, CounterweightError } from "@counterweight/base";
import { weightHealth } from "@counterweight/metrics";
import { type Condition, conditionOf } from "./results.js";

/** One generated row with its scores, as shown in a report. */
export interface ScoredRow {
  /** 1-based record number in its file. */
  readonly row: number;
  readonly text: string;
  /** Second text of a sentence pair. */
  readonly textPair?: string;
  readonly label: string;
  /** P'(y|x) of the quality checker, a probability. */
  readonly quality: number;
  /** Q'(y|x) of the diversity checker (IMP), or p(y|x) of the classifier itself (DIMP). */
  readonly diversity?: number;
  readonly weight: number;
}

/** Counts of weights in bins. */
export interface Histogram {
  /** Whether edges are equally spaced in the logarithm of the weight, or in the weight. */
  readonly scale: "logarithmic" | "linear";
  /** Ascending, one more than `counts`; a bin holds `edge <= w < next edge`, the last its upper edge too. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  /** Weights of exactly zero, which a logarithmic axis cannot show and which are in no bin then. */
  readonly zeros: number;
}

/** The weights that one training run gave to its generated rows. */
export interface WeightSummary extends Condition {
  readonly method: string;
  /** Training seed of the checkers or the classifier behind the weights. */
  readonly seed: number;
  readonly rows: number;
  readonly mean: number;
  /** `(sum w)^2 / sum w^2`: how many equally weighted rows would carry as much (Kish 1965). */
  readonly effectiveSampleSize: number;
  /** Share of all weight on the tenth of rows that weigh most, 0 to 1. */
  readonly topTenthShare: number;
  readonly histogram: Histogram;
  /** Heaviest first; of equal weights the earlier row first. */
  readonly highest: readonly ScoredRow[];
  /** Lightest first; none of `highest` again. */
  readonly lowest: readonly ScoredRow[];
}

/** Columns of weights.csv; index i of each is one row. */
export interface WeightColumns extends Condition {
  readonly method: string;
  readonly seed: number;
  readonly row: ArrayLike<number>;
  readonly text: readonly string[];
  readonly textPair?: readonly string[];
  /** Label names. */
  readonly label: readonly string[];
  readonly quality: ArrayLike<number>;
  readonly diversity?: ArrayLike<number>;
  readonly weight: ArrayLike<number>;
}

/** Options of {@link weightSummary}. */
export interface WeightSummaryOptions {
  /** How many of the heaviest and of the lightest rows are kept; default 20. */
  readonly shown?: number;
  /** Number of histogram bins; default 40. */
  readonly bins?: number;
}

/** A ratio of largest to smallest positive weight from which the histogram's axis is logarithmic. */
const LOGARITHMIC_FROM = 20;

/**
 * What a report needs of a column of weights: histogram, effective sample size, extreme rows.
 *
 * @throws CounterweightError `data` for no rows, or a weight that is negative or not finite (it
 *   names the row), `internal` for columns of unlike length
 */
export function weightSummary(
  columns: WeightColumns,
  { shown = 20, bins = 40 }: WeightSummaryOptions = {},
): WeightSummary {
  const { weight } = columns;
  checkColumns(columns);
  // Weights that are all 0 have no health; classes play no part in what is taken of it.
  const health = Array.from(weight).every((value) => value === 0)
    ? undefined
    : weightHealth(weight, new Uint8Array(weight.length), 1);
  const order = Array.from({ length: weight.length }, (_, index) => index).sort(
    (left, right) => at(weight, right) - at(weight, left) || left - right,
  );
  return {
    ...conditionOf(columns),
    method: columns.method,
    seed: columns.seed,
    rows: weight.length,
    mean: health?.mean ?? 0,
    effectiveSampleSize: health?.effectiveSampleSize ?? 0,
    topTenthShare: health?.massOnTopTenth ?? 0,
    histogram: histogramOf(weight, bins),
    highest: order.slice(0, shown).map((index) => scoredRow(columns, index)),
    lowest: order
      .slice(shown)
      .slice(-shown)
      .reverse()
      .map((index) => scoredRow(columns, index)),
  };
}

function scoredRow(columns: WeightColumns, index: number): ScoredRow {
  return {
    row: at(columns.row, index),
    text: at(columns.text, index),
    ...(columns.textPair === undefined ? {} : { textPair: at(columns.textPair, index) }),
    label: at(columns.label, index),
    quality: at(columns.quality, index),
    ...(columns.diversity === undefined ? {} : { diversity: at(columns.diversity, index) }),
    weight: at(columns.weight, index),
  };
}

function histogramOf(weight: ArrayLike<number>, bins: number): Histogram {
  const positive = Float64Array.from(weight)
    .filter((value) => value > 0)
    .sort();
  const low = positive[0] ?? 0;
  const high = positive.at(-1) ?? 0;
  const isLogarithmic = low > 0 && high / low >= LOGARITHMIC_FROM;
  const forward = (value: number): number => (isLogarithmic ? Math.log10(value) : value);
  const from = isLogarithmic ? forward(low) : 0;
  const width = (forward(high) - from) / bins || 1 / bins;
  const edges = Array.from({ length: bins + 1 }, (_, edge) => {
    const place = from + edge * width;
    return isLogarithmic ? 10 ** place : place;
  });
  const counts = new Array<number>(bins).fill(0);
  let zeros = 0;
  for (let index = 0; index < weight.length; index++) {
    const value = at(weight, index);
    if (value === 0) zeros++;
    if (value === 0 && isLogarithmic) continue;
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((forward(value) - from) / width)));
    counts[bin] = at(counts, bin) + 1;
  }
  return { scale: isLogarithmic ? "logarithmic" : "linear", edges, counts, zeros };
}

function checkColumns(columns: WeightColumns): void {
  const { weight, row, text, textPair, label, quality, diversity, method } = columns;
  const lengths = [row, text, textPair ?? text, label, quality, diversity ?? quality].map(
    (column) => column.length,
  );
  if (lengths.some((length) => length !== weight.length)) {
    throw new CounterweightError(
      "internal",
      `weightSummary: ${weight.length} weights for columns of ${lengths.join(", ")} rows`,
    );
  }
  if (weight.length === 0) {
    throw new CounterweightError("data", `method "${method}" weighted no rows.`);
  }
  for (let index = 0; index < weight.length; index++) {
    const value = at(weight, index);
    if (value >= 0 && Number.isFinite(value)) continue;
    throw new CounterweightError("data", `weight ${value} of method "${method}" is no weight.`, {
      where: `row ${at(row, index)}`,
      fix: "Weights are finite and 0 or more.",
    });
  }
}
