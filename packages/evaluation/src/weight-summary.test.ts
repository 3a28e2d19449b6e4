import { at, CounterweightError } from "@counterweight/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type WeightColumns, type WeightSummary, weightSummary } from "./weight-summary.js";

const columnsOf = (weight: readonly number[]): WeightColumns => ({
  benchmark: "toy",
  method: "imp",
  seed: 0,
  row: weight.map((_, index) => index + 1),
  text: weight.map((_, index) => `text ${index}`),
  label: weight.map(() => "a"),
  quality: weight.map(() => 0.5),
  weight,
});

const weights = fc.array(
  fc.oneof(
    fc.double({ min: 0, max: 5, noNaN: true }),
    fc.constant(0),
    fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
  ),
  { minLength: 1, maxLength: 120 },
);

describe("weightSummary", () => {
  it("puts every weight in exactly one bin, or counts it as a zero off a logarithmic axis", () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 30 }), (list, bins) => {
        const { histogram } = weightSummary(columnsOf(list), { bins });
        expect(histogram.edges).toHaveLength(bins + 1);
        expect(histogram.edges.every(Number.isFinite)).toBe(true);
        const counted = histogram.counts.reduce((sum, count) => sum + count, 0);
        const zeros = list.filter((value) => value === 0).length;
        expect(histogram.zeros).toBe(zeros);
        expect(counted).toBe(histogram.scale === "logarithmic" ? list.length - zeros : list.length);
      }),
    );
  });

  it("counts a bin as its edges say", () => {
    const list = Array.from({ length: 500 }, (_, index) => 0.01 * 1.02 ** index);
    const { histogram } = weightSummary(columnsOf(list), { bins: 7 });
    expect(histogram.scale).toBe("logarithmic");
    histogram.counts.forEach((count, bin) => {
      const low = at(histogram.edges, bin);
      const high = at(histogram.edges, bin + 1);
      const inside = list.filter((value) => low * (1 + 1e-9) <= value && value < high * (1 - 1e-9));
      expect(count).toBeGreaterThanOrEqual(inside.length);
      expect(count).toBeLessThanOrEqual(inside.length + 2);
    });
  });

  it("shows the extremes in order, no row at both ends", () => {
    fc.assert(
      fc.property(weights, (list) => {
        const { highest, lowest } = weightSummary(columnsOf(list));
        const sorted = [...list].sort((left, right) => left - right);
        expect(highest.map(({ weight }) => weight)).toEqual([...sorted].reverse().slice(0, 20));
        expect(lowest.map(({ weight }) => weight)).toEqual(
          sorted.slice(0, Math.max(0, Math.min(20, list.length - 20))),
        );
        const rows = [...highest, ...lowest].map(({ row }) => row);
        expect(new Set(rows).size).toBe(rows.length);
      }),
    );
  });

  it("measures concentration: equal weights count fully, one heavy row counts as one", () => {
    const even = weightSummary(columnsOf(new Array<number>(50).fill(0.3)));
    expect(even.effectiveSampleSize).toBeCloseTo(50, 9);
    expect(even.topTenthShare).toBeCloseTo(0.1, 9);
    const one = weightSummary(columnsOf([0, 0, 7, 0]));
    expect(one.effectiveSampleSize).toBeCloseTo(1, 12);
    expect(one.topTenthShare).toBe(1);
  });

  it("stays JSON, also where all weights are zero or equal", () => {
    for (const list of [[0], [0, 0], [1, 1, 1], [1e-300, 1e300]]) {
      const summary: WeightSummary = weightSummary(columnsOf(list));
      expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
    }
  });

  it("refuses what is no weight, naming the row", () => {
    for (const bad of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
      expect(() => weightSummary(columnsOf([1, bad]))).toThrow(/row 2: weight/);
    }
    expect(() => weightSummary(columnsOf([]))).toThrow(CounterweightError);
    expect(() => weightSummary({ ...columnsOf([1, 2]), label: ["a"] })).toThrow(/2 weights/);
  });
});
