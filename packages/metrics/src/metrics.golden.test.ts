import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  accuracy,
  classificationReport,
  classScores,
  confusionMatrix,
  formatClassificationReport,
  logLoss,
  macroF1,
  matrixAccuracy,
} from "./index.js";

interface GoldenCase {
  readonly labelNames: string[];
  readonly gold: number[];
  readonly predicted: number[];
  readonly probabilityCounts: number[];
  readonly accuracy: number;
  readonly confusion: number[];
  readonly precision: number[];
  readonly recall: number[];
  readonly f1: number[];
  readonly support: number[];
  readonly macroF1: { occurring: number; all: number };
  readonly macro: { occurring: number[]; all: number[] };
  readonly weighted: number[];
  readonly logLoss: number;
  readonly text: { occurring: string; all4: string } | null;
}

const path = new URL("../golden/scikit-learn.json", import.meta.url);
const golden: { cases: GoldenCase[] } = JSON.parse(readFileSync(path, "utf8"));

/** Largest distance between two lists of numbers. */
function distance(ours: readonly number[], theirs: readonly number[]): number {
  expect(ours.length).toBe(theirs.length);
  return Math.max(...ours.map((value, index) => Math.abs(value - (theirs[index] ?? Number.NaN))));
}

describe("metrics equal scikit-learn's", () => {
  const cases = golden.cases.map((item) => ({
    ...item,
    goldArray: Int32Array.from(item.gold),
    predictedArray: Int32Array.from(item.predicted),
    classes: item.labelNames.length,
  }));

  it("covers what it claims: classes missing from gold, from predictions, from both", () => {
    const missing = (item: GoldenCase, from: number[][]): boolean =>
      item.labelNames.some((_, index) => from.every((values) => !values.includes(index)));
    expect(cases.length).toBeGreaterThanOrEqual(200);
    expect(cases.some((item) => missing(item, [item.gold]))).toBe(true);
    expect(cases.some((item) => missing(item, [item.predicted]))).toBe(true);
    expect(cases.some((item) => missing(item, [item.gold, item.predicted]))).toBe(true);
    expect(new Set(cases.map((item) => item.classes)).size).toBe(5);
  });

  it("accuracy and confusion matrix, exactly", () => {
    for (const item of cases) {
      const matrix = confusionMatrix(item.goldArray, item.predictedArray, item.classes);
      expect([...matrix.counts]).toEqual(item.confusion);
      expect(accuracy(item.goldArray, item.predictedArray)).toBe(item.accuracy);
      expect(matrixAccuracy(matrix)).toBe(item.accuracy);
    }
  });

  it("precision, recall, F1, support and macro-F1, to 1e-15", () => {
    for (const item of cases) {
      const matrix = confusionMatrix(item.goldArray, item.predictedArray, item.classes);
      const scores = classScores(matrix);
      expect(scores.map(({ support }) => support)).toEqual(item.support);
      for (const name of ["precision", "recall", "f1"] as const) {
        expect(
          distance(
            scores.map((score) => score[name]),
            item[name],
          ),
        ).toBeLessThan(1e-15);
      }
      expect(macroF1(matrix)).toBeCloseTo(item.macroF1.occurring, 14);
      expect(macroF1(matrix, "all")).toBeCloseTo(item.macroF1.all, 14);
    }
  });

  it("log-loss, clip of zero probabilities included, to 1e-12", () => {
    for (const item of cases) {
      const logProbability = Float64Array.from(item.probabilityCounts, (count, index) => {
        const first = index - (index % item.classes);
        const row = item.probabilityCounts.slice(first, first + item.classes);
        return Math.log(count / row.reduce((sum, value) => sum + value, 0));
      });
      const ours = logLoss(item.goldArray, logProbability, item.classes);
      expect(Math.abs(ours - item.logLoss)).toBeLessThan(1e-12);
    }
  });

  it("averages of the report, to 1e-14", () => {
    for (const item of cases) {
      for (const over of ["occurring", "all"] as const) {
        const report = classificationReport(item.goldArray, item.predictedArray, item.labelNames, {
          over,
        });
        const { macro, weighted } = report.averages;
        expect(distance([macro.precision, macro.recall, macro.f1], item.macro[over])).toBeLessThan(
          1e-14,
        );
        expect(
          distance([weighted.precision, weighted.recall, weighted.f1], item.weighted),
        ).toBeLessThan(1e-14);
        expect(macro.support).toBe(item.gold.length);
      }
    }
  });

  it("the text of the report, character for character", () => {
    const printed = cases.filter((item) => item.text !== null);
    expect(printed.length).toBeGreaterThan(100);
    for (const item of printed) {
      const { goldArray, predictedArray, labelNames } = item;
      const occurring = classificationReport(goldArray, predictedArray, labelNames);
      expect(formatClassificationReport(occurring)).toBe(item.text?.occurring);
      const all = classificationReport(goldArray, predictedArray, labelNames, { over: "all" });
      expect(formatClassificationReport(all, { digits: 4 })).toBe(item.text?.all4);
    }
  });
});
