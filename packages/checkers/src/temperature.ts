import { at, CounterweightError } from "@counterweight/base";

/** A temperature and what it did to the rows it was fitted on. */
export interface TemperatureFit {
  /** Divides the logits; above 1 softens. */
  readonly temperature: number;
  /** Mean negative log-likelihood of the labels in nats, at temperature 1 and at the fitted one. */
  readonly logLossBefore: number;
  readonly logLossAfter: number;
  /**
   * The likelihood still grew at the end of the range: every row is right (or wrong), so that no
   * finite temperature is best.
   */
  readonly atBound: boolean;
}

/** Range of the fit: beyond it probabilities are 0, 1 or uniform to three digits anyway. */
const coldest = 0.05;
const hottest = 20;
const iterations = 200;

/** Log-probabilities of one row at a temperature, written into `into`. */
function tempered(
  logProbabilities: ArrayLike<number>,
  row: number,
  classes: number,
  inverse: number,
  into: Float64Array,
): void {
  let largest = Number.NEGATIVE_INFINITY;
  for (let label = 0; label < classes; label++) {
    const value = at(logProbabilities, row * classes + label) * inverse;
    into[label] = value;
    largest = Math.max(largest, value);
  }
  let sum = 0;
  for (const value of into) sum += Math.exp(value - largest);
  const normaliser = largest + Math.log(sum);
  for (let label = 0; label < classes; label++) into[label] = at(into, label) - normaliser;
}

/**
 * Log-probabilities at a temperature, `log softmax(z / T)`, float32 `[rows, classes]` (Guo et al. 2017,
 * On Calibration of Modern Neural Networks, section 4.2). Log-probabilities serve as logits: they
 * differ by a constant a row, which softmax does not see. No prediction changes.
 */
export function applyTemperature(
  logProbabilities: ArrayLike<number>,
  classes: number,
  temperature: number,
): Float32Array {
  const result = new Float32Array(logProbabilities.length);
  const row = new Float64Array(classes);
  for (let index = 0; index * classes < result.length; index++) {
    tempered(logProbabilities, index, classes, 1 / temperature, row);
    result.set(row, index * classes);
  }
  return result;
}

/**
 * The temperature with the highest likelihood of held-out labels (Guo et al. 2017). The mean
 * negative log-likelihood is convex in 1/T; its derivative's zero is bracketed and bisected, so equal
 * inputs give equal bits.
 *
 * @param logProbabilities natural logarithms, row-major `[rows, classes]`, of rows that the model was
 *   not trained on
 * @param labels class indices `[rows]`
 * @throws CounterweightError `training` for no rows or a value that is no finite logarithm.
 */
export function fitTemperature(
  logProbabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): TemperatureFit {
  const rows = labels.length;
  if (rows === 0 || logProbabilities.length !== rows * classes) {
    throw new CounterweightError(
      "training",
      `a temperature needs held-out rows: ${logProbabilities.length} log-probabilities for ${rows} labels.`,
      { fix: "Give validation rows, or set checker.calibration to none." },
    );
  }
  for (let index = 0; index < logProbabilities.length; index++) {
    if (Number.isFinite(at(logProbabilities, index))) continue;
    throw new CounterweightError(
      "training",
      `the log-probability of held-out row ${Math.floor(index / classes) + 1} is ${at(logProbabilities, index)}.`,
      { fix: "Train the checker with a smaller learning rate or fewer epochs." },
    );
  }
  const row = new Float64Array(classes);
  /** Mean negative log-likelihood, and its derivative in 1/T: E[z] under the model minus z of the label. */
  const evaluate = (inverse: number): { readonly loss: number; readonly slope: number } => {
    let loss = 0;
    let slope = 0;
    for (let index = 0; index < rows; index++) {
      tempered(logProbabilities, index, classes, inverse, row);
      const label = at(labels, index);
      loss -= at(row, label);
      for (let other = 0; other < classes; other++) {
        slope += Math.exp(at(row, other)) * at(logProbabilities, index * classes + other);
      }
      slope -= at(logProbabilities, index * classes + label);
    }
    return { loss: loss / rows, slope: slope / rows };
  };
  const logLossBefore = evaluate(1).loss;
  let low = 1 / hottest;
  let high = 1 / coldest;
  const done = (inverse: number, atBound: boolean): TemperatureFit => ({
    temperature: 1 / inverse,
    logLossBefore,
    logLossAfter: evaluate(inverse).loss,
    atBound,
  });
  if (evaluate(high).slope <= 0) return done(high, true);
  if (evaluate(low).slope >= 0) return done(low, true);
  for (let iteration = 0; iteration < iterations && high - low > 1e-14 * high; iteration++) {
    const middle = (low + high) / 2;
    if (evaluate(middle).slope > 0) high = middle;
    else low = middle;
  }
  return done((low + high) / 2, false);
}
