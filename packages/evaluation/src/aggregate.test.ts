import { at, CounterweightError, randomStream } from "@counterweight/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aggregate } from "./aggregate.js";
import type { TrialResult } from "./results.js";
import { mean, quantile, sampleStandardDeviation } from "./statistics.js";

const testLabels = Int32Array.of(0, 1, 0, 1, 1, 0, 0, 1);
const trial = (over: Partial<TrialResult> = {}): TrialResult => {
  const method = over.method ?? "ce";
  const seed = over.seed ?? 0;
  const random = randomStream("trial", method, seed);
  return {
    benchmark: "toy",
    generated: "noisy",
    method,
    seed,
    labelNames: ["a", "b"],
    testLabels,
    predictions: Int32Array.from(testLabels, () => random.integer(2)),
    ...over,
  };
};
const quick = { resamples: 50 };

describe("aggregate", () => {
  it("folds seeds, whatever order trials come in", () => {
    const trials = ["ce", "dimp"].flatMap((method) =>
      [2, 0, 1].map((seed) => trial({ method, seed })),
    );
    const rows = aggregate(trials, quick);
    expect(rows.map(({ method, seeds }) => [method, ...seeds])).toEqual([
      ["ce", 0, 1, 2],
      ["dimp", 0, 1, 2],
    ]);
    const swapped = aggregate([...trials].reverse(), quick).reverse();
    expect(swapped).toEqual(rows);
    for (const row of rows) {
      expect(row.accuracy.mean).toBe(mean(row.accuracy.values));
      expect(row.accuracy.standardDeviation).toBe(sampleStandardDeviation(row.accuracy.values));
      expect(row.accuracy.interval.low).toBeLessThanOrEqual(row.accuracy.mean);
      expect(row.accuracy.interval.high).toBeGreaterThanOrEqual(row.accuracy.mean);
    }
  });

  it("keeps conditions apart, and a missing part apart from a present one", () => {
    const trials = [
      trial(),
      trial({ generated: "clean" }),
      trial({ checkerFraction: 0.1 }),
      trial({ checkerFraction: 1 }),
    ];
    expect(aggregate(trials, quick).map(({ seeds }) => seeds.length)).toEqual([1, 1, 1, 1]);
  });

  it("gives no standard deviation for one seed, and no log-loss unless all seeds have it", () => {
    const row = at(aggregate([trial({ logLoss: 0.5 })], quick), 0);
    expect("standardDeviation" in row.accuracy).toBe(false);
    expect(row.logLoss?.mean).toBe(0.5);
    const partly = aggregate([trial({ logLoss: 0.5 }), trial({ seed: 1 })], quick);
    expect(at(partly, 0).logLoss).toBeUndefined();
    expect(JSON.parse(JSON.stringify(partly))).toEqual(partly);
  });

  it("refuses trials whose test labels differ, across methods too, naming the place", () => {
    const other = Int32Array.from(testLabels);
    other[5] = 1;
    expect(() => aggregate([trial(), trial({ method: "imp", testLabels: other })])).toThrow(
      /benchmark toy: "ce" seed 0 and "imp" seed 0 .* position 5/,
    );
    const short = { testLabels: testLabels.slice(1), predictions: testLabels.slice(1) };
    expect(() => aggregate([trial(), trial({ seed: 1, ...short })])).toThrow(/8 and 7/);
    expect(() => aggregate([trial(), trial({ seed: 1, labelNames: ["b", "a"] })])).toThrow(
      CounterweightError,
    );
    expect(
      aggregate([trial(), trial({ benchmark: "other", testLabels: other })], quick),
    ).toHaveLength(2);
  });

  it("refuses the same trial twice", () => {
    expect(() => aggregate([trial(), trial()], quick)).toThrow(/seed 0 of "ce" comes twice/);
  });
});

describe("statistics", () => {
  const values = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 2 });

  it("the standard deviation is that of all pairs: s^2 = sum_{i<j} (v_i - v_j)^2 / (n (n - 1))", () => {
    fc.assert(
      fc.property(values, (list) => {
        let pairs = 0;
        list.forEach((left, index) => {
          for (const right of list.slice(index + 1)) pairs += (left - right) ** 2;
        });
        const expected = Math.sqrt(pairs / (list.length * (list.length - 1)));
        expect(sampleStandardDeviation(list)).toBeCloseTo(expected, 6);
      }),
    );
  });

  it("one value has no standard deviation", () => {
    expect(sampleStandardDeviation([0.5])).toBeUndefined();
    expect(() => mean([])).toThrow(/no values/);
  });

  it("quantiles end at the extremes and never decrease", () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
        const ascending = Float64Array.from(list).sort();
        expect(quantile(ascending, 0) === ascending[0]).toBe(true);
        expect(quantile(ascending, 1) === ascending.at(-1)).toBe(true);
        expect(quantile(ascending, share)).toBeLessThanOrEqual(
          quantile(ascending, (1 + share) / 2) + 1e-9,
        );
      }),
    );
  });
});
