import { at, CounterweightError } from "@counterweight/base";

/** How often each class was taken for each: `counts[gold * classes + predicted]`. */
export interface ConfusionMatrix {
  readonly classes: number;
  /** Row-major `[classes, classes]`: gold down, predicted across. */
  readonly counts: Float64Array;
  /** All rows counted; the sum of `counts`. */
  readonly rows: number;
}

/**
 * Counts predictions against gold labels.
 *
 * @param gold class indices `[rows]`, 0 .. classes - 1
 * @param predicted class indices `[rows]`
 * @param classes size of the label set, at least 1
 * @throws CounterweightError `data` for an empty set or an index outside the label set (it names
 *   the position), `internal` for arrays of unlike length
 */
export function confusionMatrix(
  gold: Int32Array,
  predicted: Int32Array,
  classes: number,
): ConfusionMatrix {
  checkRows(gold.length, predicted.length, "predictions");
  const counts = new Float64Array(classes * classes);
  for (let row = 0; row < gold.length; row++) {
    const goldClass = at(gold, row);
    const predictedClass = at(predicted, row);
    checkClass("gold label", goldClass, classes, row);
    checkClass("prediction", predictedClass, classes, row);
    const cell = goldClass * classes + predictedClass;
    counts[cell] = at(counts, cell) + 1;
  }
  return { classes, counts, rows: gold.length };
}

/** Refuses no rows at all, and columns of unlike length. */
export function checkRows(gold: number, other: number, name: string): void {
  if (gold !== other) {
    throw new CounterweightError("internal", `metrics: ${gold} gold labels for ${other} ${name}`);
  }
  if (gold === 0) {
    throw new CounterweightError("data", "metrics need at least one row, got none.", {
      fix: "Check that the test file has rows.",
    });
  }
}

/** Refuses an index that names no class. `row` is the 0-based position, for the message. */
export function checkClass(name: string, value: number, classes: number, row: number): void {
  if (value < 0 || value >= classes) {
    throw new CounterweightError(
      "data",
      `${name} ${value} at position ${row} is outside the ${classes} classes 0..${classes - 1}.`,
    );
  }
}
