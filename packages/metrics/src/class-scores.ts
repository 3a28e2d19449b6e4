import { at } from "@counterweight/base";
import type { ConfusionMatrix } from "./confusion-matrix.js";

/** One class against the rest. A score whose denominator is zero is 0 (scikit-learn's `zero_division=0`). */
export interface ClassScores {
  /** Right among those predicted as this class. */
  readonly precision: number;
  /** Right among those labelled as this class. */
  readonly recall: number;
  /** `2 right / (support + predicted)`, the harmonic mean of precision and recall. */
  readonly f1: number;
  /** Rows whose gold label is this class. */
  readonly support: number;
  /** Rows predicted as this class. */
  readonly predicted: number;
}

/**
 * Which classes an average runs over: those that occur in gold labels or predictions
 * (scikit-learn's default), or the whole label set, where a class that never occurs scores 0
 * (scikit-learn with `labels=` all).
 */
export type AverageOver = "occurring" | "all";

/** Scores of every class in label order. */
export function classScores(matrix: ConfusionMatrix): ClassScores[] {
  const { classes, counts } = matrix;
  return Array.from({ length: classes }, (_, index) => {
    const right = at(counts, index * classes + index);
    let support = 0;
    let predicted = 0;
    for (let other = 0; other < classes; other++) {
      support += at(counts, index * classes + other);
      predicted += at(counts, other * classes + index);
    }
    return {
      precision: ratio(right, predicted),
      recall: ratio(right, support),
      f1: ratio(2 * right, support + predicted),
      support,
      predicted,
    };
  });
}

/**
 * Unweighted mean of the classes' F1, 0 to 1.
 *
 * @param over which classes are averaged; default `"occurring"`
 */
export function macroF1(matrix: ConfusionMatrix, over: AverageOver = "occurring"): number {
  const { classes, counts } = matrix;
  let sum = 0;
  let averaged = 0;
  // Written out rather than through classScores: the bootstrap calls this tens of thousands of times.
  for (let index = 0; index < classes; index++) {
    let total = 0;
    for (let other = 0; other < classes; other++) {
      total += at(counts, index * classes + other) + at(counts, other * classes + index);
    }
    if (total === 0 && over === "occurring") continue;
    sum += ratio(2 * at(counts, index * classes + index), total);
    averaged++;
  }
  return ratio(sum, averaged);
}

/** Right rows among all rows of a matrix, 0 to 1. */
export function matrixAccuracy(matrix: ConfusionMatrix): number {
  let right = 0;
  for (let index = 0; index < matrix.classes; index++) {
    right += at(matrix.counts, index * matrix.classes + index);
  }
  return ratio(right, matrix.rows);
}

/** Whether a class is in the gold labels or the predictions. */
export function occurs(scores: ClassScores): boolean {
  return scores.support > 0 || scores.predicted > 0;
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}
