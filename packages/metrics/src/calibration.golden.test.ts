import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  type BinStrategy,
  binConfidences,
  brierScore,
  expectedCalibrationError,
  maximumCalibrationError,
  type ReliabilityBin,
  reliabilityBins,
  weightHealth,
} from "./index.js";

interface BinsCase {
  readonly bins: number;
  readonly strategy: BinStrategy;
  readonly counts: number[];
  /** Of bins with rows alone. */
  readonly accuracy: number[];
  readonly confidence: number[];
  readonly expectedError: number;
  readonly maximumError: number;
}
interface Golden {
  readonly reliability: (BinsCase & { input: { confidence: number[]; right: number[] } })[];
  readonly probabilities: (BinsCase & {
    input: { classes: number; gold: number[]; counts: number[] };
    brier: number;
  })[];
  readonly weights: ({ input: { weights: number[]; labels: number[]; classes: number } } & {
    [name: string]: unknown;
  })[];
}

const path = new URL("../golden/calibration.json", import.meta.url);
const golden: Golden = JSON.parse(readFileSync(path, "utf8"));

function expectBins(ours: readonly ReliabilityBin[], theirs: BinsCase): void {
  expect(ours.map(({ count }) => count)).toEqual(theirs.counts);
  const filled = ours.filter(({ count }) => count > 0);
  filled.forEach((bin, index) => {
    expect(bin.accuracy).toBeCloseTo(theirs.accuracy[index] ?? Number.NaN, 12);
    expect(bin.confidence).toBeCloseTo(theirs.confidence[index] ?? Number.NaN, 12);
  });
  expect(expectedCalibrationError(ours)).toBeCloseTo(theirs.expectedError, 12);
  expect(maximumCalibrationError(ours)).toBeCloseTo(theirs.maximumError, 12);
}

describe("reliability bins equal scikit-learn's", () => {
  it("on confidences, those on an edge and of exactly 1 too; one bin, one row", () => {
    const { reliability } = golden;
    expect(reliability.length).toBeGreaterThanOrEqual(50);
    expect(reliability.some(({ bins }) => bins === 1)).toBe(true);
    expect(reliability.some(({ input }) => input.confidence.length === 1)).toBe(true);
    expect(reliability.some(({ input }) => input.confidence.every((value) => value === 1))).toBe(
      true,
    );
    expect(
      reliability.filter(({ bins, input }) =>
        input.confidence.some((value) => value < 1 && value > 0 && value === (1 / bins) * 3),
      ).length,
    ).toBeGreaterThan(5);
    for (const { input, ...theirs } of reliability) {
      const top = {
        confidence: Float64Array.from(input.confidence),
        right: Uint8Array.from(input.right),
      };
      expectBins(binConfidences(top, theirs), theirs);
    }
  });

  it("on log-probabilities of several classes, minus infinity among them; Brier score too", () => {
    expect(golden.probabilities.length).toBeGreaterThanOrEqual(50);
    for (const { input, brier, ...theirs } of golden.probabilities) {
      const { classes, counts } = input;
      const labels = Int32Array.from(input.gold);
      const logProbabilities = Float64Array.from(counts, (count, index) => {
        const first = index - (index % classes);
        const sum = counts.slice(first, first + classes).reduce((total, value) => total + value, 0);
        return Math.log(count / sum);
      });
      expectBins(reliabilityBins(labels, logProbabilities, classes, theirs), theirs);
      expect(brierScore(labels, logProbabilities, classes)).toBeCloseTo(brier, 12);
    }
  });
});

describe("weight health equals numpy's", () => {
  it("in every figure, to 1e-12 relative", () => {
    expect(golden.weights.length).toBeGreaterThanOrEqual(50);
    for (const { input, ...theirs } of golden.weights) {
      const ours: { readonly [name: string]: unknown } = {
        ...weightHealth(input.weights, input.labels, input.classes),
      };
      for (const [name, expected] of Object.entries(theirs)) {
        const [left, right] = [[ours[name]].flat(), [expected].flat()];
        expect(left.length, name).toBe(right.length);
        left.forEach((value, index) => {
          const target = Number(right[index]);
          expect(Math.abs(Number(value) - target), name).toBeLessThanOrEqual(
            1e-12 * Math.abs(target),
          );
        });
      }
    }
    expect(golden.weights.some(({ vanishedClasses }) => [vanishedClasses].flat().length > 0)).toBe(
      true,
    );
  });
});
