import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  binConfidences,
  brierScore,
  expectedCalibrationError,
  maximumCalibrationError,
  reliabilityBins,
  topLabels,
  weightHealth,
} from "./index.js";

const tops = fc
  .array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()), {
    minLength: 1,
    maxLength: 60,
  })
  .map((rows) => ({
    confidence: Float64Array.from(rows, ([confidence]) => confidence),
    right: Uint8Array.from(rows, ([, right]) => Number(right)),
  }));
const options = fc.record({
  bins: fc.integer({ min: 1, max: 30 }),
  strategy: fc.constantFrom("uniform" as const, "quantile" as const),
});

describe("reliability bins, for any confidences", () => {
  it("hold each row once, and its confidence lies between the edges", () => {
    fc.assert(
      fc.property(tops, options, (top, chosen) => {
        const bins = binConfidences(top, chosen);
        expect(bins).toHaveLength(chosen.bins);
        expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(top.right.length);
        for (const { low, high, confidence } of bins) {
          if (confidence === undefined) continue;
          expect(confidence).toBeGreaterThanOrEqual(low - 1e-12);
          expect(confidence).toBeLessThanOrEqual(high + 1e-12);
        }
      }),
    );
  });

  it("give an expected error between the overall gap and the maximum", () => {
    fc.assert(
      fc.property(tops, options, (top, chosen) => {
        const bins = binConfidences(top, chosen);
        const [overall] = binConfidences(top, { bins: 1 });
        const expected = expectedCalibrationError(bins);
        expect(expected).toBeLessThanOrEqual(maximumCalibrationError(bins) + 1e-12);
        expect(expected).toBeGreaterThanOrEqual(
          Math.abs((overall?.accuracy ?? 0) - (overall?.confidence ?? 0)) - 1e-12,
        );
      }),
    );
  });

  it("take 32-bit log-probabilities a little above 0 as certainty, and the first of equals", () => {
    const top = topLabels(Int32Array.of(0, 1), Float32Array.of(1e-7, -20, -0.7, -0.7), 2);
    expect([...top.confidence]).toEqual([1, Math.exp(Math.fround(-0.7))]);
    expect([...top.right]).toEqual([1, 0]);
  });

  it("are refused what is no log-probability, no label, no row, no bin", () => {
    const two = Int32Array.of(0, 1);
    const even = new Float64Array(4).fill(-Math.LN2);
    expect(() => reliabilityBins(two, Float64Array.of(0.9, 0.1, -1, -1), 2)).toThrow(
      /position 0, class 0 is 0.9/,
    );
    expect(() => brierScore(two, Float64Array.of(-1, -1, -1, Number.NaN), 2)).toThrow(
      /position 1, class 1/,
    );
    expect(() => reliabilityBins(Int32Array.of(0, 2), even, 2)).toThrow(/gold label 2/);
    expect(() => reliabilityBins(new Int32Array(), new Float64Array(), 2)).toThrow(/one row/);
    expect(() => reliabilityBins(two, even, 2, { bins: 0 })).toThrow(/0 bins/);
    const none = binConfidences({ confidence: new Float64Array(), right: new Uint8Array() });
    expect(() => expectedCalibrationError(none)).toThrow(/at least one row/);
    expect(() => maximumCalibrationError([])).toThrow(/at least one row/);
  });
});

describe("weight health, for any weights", () => {
  const weighted = fc
    .array(fc.tuple(fc.double({ min: 1e-300, max: 1e150, noNaN: true }), fc.nat({ max: 2 })), {
      minLength: 1,
      maxLength: 50,
    })
    .map((rows) => ({
      weights: rows.map(([weight]) => weight),
      labels: Int32Array.from(rows, ([, label]) => label),
    }));

  it("stays in its ranges, whatever the scale of the weights", () => {
    fc.assert(
      fc.property(weighted, ({ weights, labels }) => {
        const health = weightHealth(weights, labels, 3);
        expect(health.effectiveSampleSize).toBeGreaterThanOrEqual(1 - 1e-9);
        expect(health.effectiveShare).toBeLessThanOrEqual(1);
        expect(health.largestShare).toBeGreaterThanOrEqual(1 / weights.length - 1e-12);
        expect(health.massOnTopTenth).toBeGreaterThanOrEqual(health.largestShare - 1e-12);
        expect(health.classMass.reduce((sum, mass) => sum + mass, 0)).toBeCloseTo(1, 12);
        expect(health.zeros).toBe(0);
      }),
    );
  });

  it("does not change with a power of two times the weights", () => {
    fc.assert(
      fc.property(weighted, fc.integer({ min: -20, max: 20 }), ({ weights, labels }, power) => {
        const { mean, minimum, maximum, ...here } = weightHealth(weights, labels, 3);
        const scaled = weights.map((weight) => weight * 2 ** power);
        expect(weightHealth(scaled, labels, 3)).toMatchObject(here);
      }),
    );
  });

  it("calls equal weights whole, and one row's weight alone a sample of one", () => {
    const labels = Int32Array.of(0, 0, 1, 1);
    expect(weightHealth([3, 3, 3, 3], labels, 2)).toMatchObject({
      effectiveShare: 1,
      largestShare: 0.25,
      vanishedClasses: [],
    });
    expect(weightHealth([0, 5, 0, 0], labels, 3)).toMatchObject({
      effectiveSampleSize: 1,
      massOnTopTenth: 1,
      vanishedClasses: [1],
      classRows: [2, 2, 0],
      zeros: 3,
    });
  });

  it("refuses NaN, infinity, negative and all-zero weights, naming the place", () => {
    const labels = Int32Array.of(0, 1);
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, -1e-9]) {
      expect(() => weightHealth([1, wrong], labels, 2)).toThrow(/at position 1 is no weight/);
    }
    expect(() => weightHealth([0, 0], labels, 2)).toThrow(/all 2 weights are 0/);
    expect(() => weightHealth([], new Int32Array(), 2)).toThrow(/no rows/);
    expect(() => weightHealth([1], labels, 2)).toThrow(/1 weights for 2 labels/);
    expect(() => weightHealth([1, 1], labels, 1)).toThrow(/label 1 at position 1/);
  });
});
