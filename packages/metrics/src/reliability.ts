import { at, CounterweightError } from "@counterweight/base";
import { checkProbabilities, probability } from "./probabilities.js";

/**
 * How the range of confidences is cut: `"uniform"` into bins of equal width over 0 to 1,
 * `"quantile"` at the quantiles of the confidences, so that bins hold about as many rows each.
 */
export type BinStrategy = "uniform" | "quantile";

/** One bin of a reliability diagram: rows with `low < confidence <= high`. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Mean confidence of the bin's rows; absent where there are none. */
  readonly confidence?: number;
  /** Share of the bin's rows that are right; absent where there are none. */
  readonly accuracy?: number;
}

/** Options of {@link reliabilityBins}. */
export interface ReliabilityOptions {
  /** Default 15 (Guo et al. 2017). */
  readonly bins?: number;
  /** Default `"uniform"`. */
  readonly strategy?: BinStrategy;
}

/** What a classifier claims, and whether it holds: index i of each is one row. */
export interface TopLabels {
  /** Probability of the predicted class, 0 to 1. */
  readonly confidence: Float64Array;
  /** 1 where the predicted class is the gold class, else 0. */
  readonly right: Uint8Array;
}

/**
 * The predicted class's probability and whether it is right. Of equally probable classes the first
 * is the prediction.
 *
 * @throws CounterweightError as {@link reliabilityBins}
 */
export function topLabels(
  labels: Int32Array,
  logProbabilities: Float32Array | Float64Array,
  classes: number,
): TopLabels {
  checkProbabilities(labels, logProbabilities, classes);
  const confidence = new Float64Array(labels.length);
  const right = new Uint8Array(labels.length);
  for (let row = 0; row < labels.length; row++) {
    let best = 0;
    for (let index = 1; index < classes; index++) {
      const first = row * classes;
      if (at(logProbabilities, first + index) > at(logProbabilities, first + best)) best = index;
    }
    confidence[row] = probability(at(logProbabilities, row * classes + best));
    right[row] = best === at(labels, row) ? 1 : 0;
  }
  return { confidence, right };
}

/**
 * Bins of a reliability diagram by top-label confidence (Guo et al. 2017): how many rows are
 * predicted with about such a probability, their mean confidence, and how many of them are right.
 * Bins are open below and closed above, as scikit-learn's `calibration_curve` cuts them; the first
 * holds its lower edge too. All bins are given, empty ones too.
 *
 * @param labels gold class indices `[rows]`
 * @param logProbabilities natural logarithms, row-major `[rows, classes]`; each row's probabilities
 *   sum to 1 (not checked)
 * @param classes size of the label set
 * @throws CounterweightError `data` for no rows, an index outside the label set or a value that is
 *   not a log-probability (it names the place), `internal` for unlike lengths or no bins
 */
export function reliabilityBins(
  labels: Int32Array,
  logProbabilities: Float32Array | Float64Array,
  classes: number,
  options: ReliabilityOptions = {},
): ReliabilityBin[] {
  return binConfidences(topLabels(labels, logProbabilities, classes), options);
}

/** {@link reliabilityBins} of confidences that are known already, such as those of several seeds. */
export function binConfidences(
  { confidence, right }: TopLabels,
  { bins = 15, strategy = "uniform" }: ReliabilityOptions = {},
): ReliabilityBin[] {
  if (!Number.isInteger(bins) || bins < 1 || confidence.length !== right.length) {
    throw new CounterweightError(
      "internal",
      `reliability: ${bins} bins for ${confidence.length} confidences, ${right.length} outcomes`,
    );
  }
  const edges = strategy === "uniform" ? uniformEdges(bins) : quantileEdges(confidence, bins);
  const counts = new Float64Array(bins);
  const confidenceSum = new Float64Array(bins);
  const rightSum = new Float64Array(bins);
  for (let row = 0; row < confidence.length; row++) {
    const bin = binOf(edges, at(confidence, row));
    counts[bin] = at(counts, bin) + 1;
    confidenceSum[bin] = at(confidenceSum, bin) + at(confidence, row);
    rightSum[bin] = at(rightSum, bin) + at(right, row);
  }
  return Array.from({ length: bins }, (_, bin) => {
    const count = at(counts, bin);
    const range = { low: at(edges, bin), high: at(edges, bin + 1), count };
    if (count === 0) return range;
    return {
      ...range,
      confidence: at(confidenceSum, bin) / count,
      accuracy: at(rightSum, bin) / count,
    };
  });
}

/** Index of the first inner edge that is not below the value: NumPy's `searchsorted`, left side. */
function binOf(edges: Float64Array, value: number): number {
  let low = 1;
  let high = edges.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(edges, middle) < value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** NumPy's `linspace(0, 1, bins + 1)`, to the bit: a value on an edge must fall on the same side. */
function uniformEdges(bins: number): Float64Array {
  const step = 1 / bins;
  return Float64Array.from({ length: bins + 1 }, (_, edge) => (edge === bins ? 1 : edge * step));
}

/** NumPy's `percentile(values, linspace(0, 1, bins + 1) * 100)`, linear between neighbours. */
function quantileEdges(values: Float64Array, bins: number): Float64Array {
  const ascending = values.slice().sort();
  const last = ascending.length - 1;
  if (last < 0) return uniformEdges(bins);
  // Times and by 100 as NumPy does: where a quantile is a row's own value, rounding decides its bin.
  return uniformEdges(bins).map((share) => {
    const place = last * ((share * 100) / 100);
    const below = Math.min(last, Math.floor(place));
    const low = at(ascending, below);
    const high = at(ascending, Math.min(last, below + 1));
    const rest = place - below;
    return rest >= 0.5 ? high - (high - low) * (1 - rest) : low + (high - low) * rest;
  });
}

/**
 * Expected calibration error: the gap between confidence and accuracy of each bin, weighted by its
 * share of rows, `sum_b (n_b / n) |accuracy_b - confidence_b|`; 0 (calibrated) to 1.
 *
 * @throws CounterweightError `data` where no bin holds a row
 */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number {
  const rows = bins.reduce((sum, { count }) => sum + count, 0);
  checkFilled(rows);
  return bins.reduce((sum, bin) => sum + (bin.count / rows) * gapOf(bin), 0);
}

/**
 * Maximum calibration error: the widest gap between confidence and accuracy of a bin with rows.
 *
 * @throws CounterweightError `data` where no bin holds a row
 */
export function maximumCalibrationError(bins: readonly ReliabilityBin[]): number {
  checkFilled(bins.reduce((sum, { count }) => sum + count, 0));
  return bins.reduce((widest, bin) => Math.max(widest, gapOf(bin)), 0);
}

function gapOf({ accuracy = 0, confidence = 0 }: ReliabilityBin): number {
  return Math.abs(accuracy - confidence);
}

function checkFilled(rows: number): void {
  if (rows > 0) return;
  throw new CounterweightError("data", "a calibration error needs at least one row, got none.");
}
