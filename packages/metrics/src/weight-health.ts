import { at, CounterweightError } from "@counterweight/base";
import { checkClass } from "./confusion-matrix.js";

/** How evenly weights spread over rows and classes. */
export interface WeightHealth {
  readonly rows: number;
  /** `(sum w)^2 / sum w^2`: how many equally weighted rows would carry as much (Kish 1965). */
  readonly effectiveSampleSize: number;
  /** Effective sample size as a share of the rows, above 0 to 1. */
  readonly effectiveShare: number;
  /** `max w / sum w`. */
  readonly largestShare: number;
  /** Share of the weight on the `ceil(n / 10)` rows that weigh most. */
  readonly massOnTopTenth: number;
  /** Share of the weight by class, in class order; sums to 1. */
  readonly classMass: readonly number[];
  /** Rows by class. */
  readonly classRows: readonly number[];
  /** Classes with rows whose share of the weight is below 1 % of their share of the rows. */
  readonly vanishedClasses: readonly number[];
  /** Rows of weight 0. */
  readonly zeros: number;
  readonly mean: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** A class below this part of its share of the rows has vanished from the loss. */
const VANISHED_BELOW = 0.01;

/**
 * Tells whether a few rows carry the training: effective sample size, weight on the heaviest rows,
 * classes that the weights removed. Sums run in row order (the heaviest tenth: heaviest first), so
 * the same weights give the same bits; scaling all weights changes the weights' own mean, minimum
 * and maximum only.
 *
 * @param weights `[rows]`, 0 or more
 * @param labels class indices `[rows]`
 * @param classes size of the label set
 * @throws CounterweightError `data` for no rows, a weight that is negative or not finite (it names
 *   the position), weights that are all 0, an index outside the label set; `internal` for arrays
 *   of unlike length
 */
export function weightHealth(
  weights: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): WeightHealth {
  const rows = weights.length;
  const maximum = checkWeights(weights, labels.length);
  const classRows = new Array<number>(classes).fill(0);
  const classSum = new Array<number>(classes).fill(0);
  // Relative to the largest, so that squares neither vanish nor overflow.
  const relative = new Float64Array(rows);
  let sum = 0;
  let squares = 0;
  let zeros = 0;
  let minimum = Number.POSITIVE_INFINITY;
  for (let row = 0; row < rows; row++) {
    const label = at(labels, row);
    checkClass("label", label, classes, row);
    const weight = at(weights, row);
    const share = weight / maximum;
    relative[row] = share;
    sum += share;
    squares += share * share;
    if (weight === 0) zeros++;
    minimum = Math.min(minimum, weight);
    classRows[label] = at(classRows, label) + 1;
    classSum[label] = at(classSum, label) + share;
  }
  const effectiveSampleSize = Math.min(rows, (sum * sum) / squares);
  const classMass = classSum.map((mass) => mass / sum);
  return {
    rows,
    effectiveSampleSize,
    effectiveShare: effectiveSampleSize / rows,
    largestShare: 1 / sum,
    massOnTopTenth: Math.min(1, sumOfLargest(relative, Math.ceil(rows / 10)) / sum),
    classMass,
    classRows,
    vanishedClasses: classMass.flatMap((mass, index) => {
      const share = at(classRows, index) / rows;
      return share > 0 && mass < VANISHED_BELOW * share ? [index] : [];
    }),
    zeros,
    mean: maximum * (sum / rows),
    minimum,
    maximum,
  };
}

function sumOfLargest(values: Float64Array, amount: number): number {
  const ascending = values.slice().sort();
  let sum = 0;
  for (let place = 1; place <= amount; place++) sum += at(ascending, ascending.length - place);
  return sum;
}

/** Gives the largest weight. */
function checkWeights(weights: ArrayLike<number>, labels: number): number {
  if (weights.length !== labels) {
    throw new CounterweightError(
      "internal",
      `weightHealth: ${weights.length} weights for ${labels} labels`,
    );
  }
  if (weights.length === 0) {
    throw new CounterweightError("data", "weights of no rows have no health to speak of.", {
      fix: "Check that the generated file has rows.",
    });
  }
  let largest = 0;
  for (let row = 0; row < weights.length; row++) {
    const weight = at(weights, row);
    if (!(weight >= 0) || !Number.isFinite(weight)) {
      throw new CounterweightError("data", `weight ${weight} at position ${row} is no weight.`, {
        fix: "Weights are finite and 0 or more.",
      });
    }
    largest = Math.max(largest, weight);
  }
  if (largest === 0) {
    throw new CounterweightError("data", `all ${weights.length} weights are 0.`, {
      fix: "Give at least one row a weight above 0.",
    });
  }
  return largest;
}
