import { at, CounterweightError } from "@counterweight/base";
import {
  type AverageOver,
  type ClassScores,
  classScores,
  matrixAccuracy,
  occurs,
} from "./class-scores.js";
import { confusionMatrix } from "./confusion-matrix.js";

/** A class's scores under its name. */
export interface NamedClassScores extends ClassScores {
  readonly label: string;
}

/** Scores averaged over classes. */
export interface AverageScores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Rows behind the average. */
  readonly support: number;
}

/**
 * What scikit-learn's `classification_report` gives, with classes and averages kept apart, so that
 * a class may be named "accuracy".
 */
export interface ClassificationReport {
  readonly classes: readonly NamedClassScores[];
  readonly averages: {
    /** Mean over classes. */
    readonly macro: AverageScores;
    /** Mean over classes, each weighted by its support. */
    readonly weighted: AverageScores;
  };
  readonly accuracy: number;
  readonly rows: number;
}

/** Options of {@link classificationReport}. */
export interface ClassificationReportOptions {
  /** Which classes are listed and averaged; default `"occurring"`. */
  readonly over?: AverageOver;
}

/**
 * Per-class scores, their averages, and accuracy.
 *
 * @param gold class indices `[rows]`
 * @param predicted class indices `[rows]`
 * @param labelNames the label set in class order
 * @throws CounterweightError as {@link confusionMatrix}
 */
export function classificationReport(
  gold: Int32Array,
  predicted: Int32Array,
  labelNames: readonly string[],
  { over = "occurring" }: ClassificationReportOptions = {},
): ClassificationReport {
  const matrix = confusionMatrix(gold, predicted, labelNames.length);
  const classes = classScores(matrix)
    .map((scores, index) => ({ label: at(labelNames, index), ...scores }))
    .filter((scores) => over === "all" || occurs(scores));
  return {
    classes,
    averages: {
      macro: average(classes, () => 1),
      weighted: average(classes, (scores) => scores.support),
    },
    accuracy: matrixAccuracy(matrix),
    rows: matrix.rows,
  };
}

function average(
  classes: readonly ClassScores[],
  weightOf: (scores: ClassScores) => number,
): AverageScores {
  let total = 0;
  const sum = { precision: 0, recall: 0, f1: 0, support: 0 };
  for (const scores of classes) {
    const weight = weightOf(scores);
    total += weight;
    sum.precision += weight * scores.precision;
    sum.recall += weight * scores.recall;
    sum.f1 += weight * scores.f1;
    sum.support += scores.support;
  }
  if (total === 0) throw new CounterweightError("internal", "an average over no classes");
  return {
    precision: sum.precision / total,
    recall: sum.recall / total,
    f1: sum.f1 / total,
    support: sum.support,
  };
}
