import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fixedPoint, fixedPoints } from "./fixed-points.js";
import { focalFixedPoint, focalSlope } from "./focal.js";
import { randomWorld } from "./presets.js";

interface FocalCase {
  readonly gamma: number;
  readonly q: readonly number[];
  readonly p: readonly number[];
}
const cases: FocalCase[] = JSON.parse(
  readFileSync(new URL("../../golden/focal.json", import.meta.url), "utf8"),
);

const normalised = (values: readonly number[]): Float64Array => {
  const total = values.reduce((sum, value) => sum + value, 0);
  return Float64Array.from(values, (value) => value / total);
};
/** Two distributions over the same 2 to 6 classes. */
const pairs = fc.integer({ min: 2, max: 6 }).chain((classes) => {
  const weights = fc
    .array(fc.double({ min: 0.01, max: 1, noNaN: true }), {
      minLength: classes,
      maxLength: classes,
    })
    .map(normalised);
  return fc.tuple(weights, weights);
});
const gammas = fc.double({ min: 0.25, max: 3, noNaN: true });

/** Largest entry of sum_k q_k w_k (p - onehot_k), the gradient of a weighted cross-entropy in its logits. */
function weightedGradient(
  p: Float64Array,
  q: Float64Array,
  weight: (label: number) => number,
): number {
  const mass = q.map((value, label) => value * weight(label));
  const total = mass.reduce((sum, value) => sum + value, 0);
  return Math.max(...p.map((value, label) => Math.abs(value * total - (mass[label] ?? 0))));
}
const ratio = (top: Float64Array, bottom: Float64Array, label: number): number =>
  (top[label] ?? Number.NaN) / (bottom[label] ?? Number.NaN);

describe("fixedPoint", () => {
  it("is where each loss's gradient vanishes", () => {
    const property = fc.property(pairs, gammas, ([real, q], gamma) => {
      const ones = q.map(() => 1);
      const ce = fixedPoint("ce", real, q);
      const imp = fixedPoint("imp", real, q, gamma);
      const alone = fixedPoint("imp-no-diversity", real, q, gamma);
      const dimp = fixedPoint("dimp", real, q, gamma);
      expect(weightedGradient(ce, q, () => 1)).toBeLessThan(1e-14);
      expect(weightedGradient(imp, q, (k) => ratio(real, q, k) ** gamma)).toBeLessThan(1e-10);
      expect(weightedGradient(alone, q, (k) => ratio(real, ones, k) ** gamma)).toBeLessThan(1e-10);
      expect(weightedGradient(dimp, q, (k) => ratio(real, dimp, k) ** gamma)).toBeLessThan(1e-10);
    });
    fc.assert(property);
  });

  it("is P for IMP and sqrt(QP), normalised, for DIMP at gamma 1", () => {
    const property = fc.property(pairs, ([real, q]) => {
      const root = normalised([...real].map((p, label) => Math.sqrt(p * (q[label] ?? 0))));
      const imp = fixedPoint("imp", real, q);
      const dimp = fixedPoint("dimp", real, q);
      real.forEach((p, label) => {
        expect(imp[label]).toBeCloseTo(p, 12);
        expect(dimp[label]).toBeCloseTo(root[label] ?? Number.NaN, 12);
      });
    });
    fc.assert(property);
  });

  it("stays uniform where the generator writes nothing", () => {
    const world = randomWorld({ seed: 1, features: 2, words: 3, classes: 3, missingWords: 1 });
    const points = fixedPoints(world, "imp");
    const checker = fixedPoints(world, "quality-checker");
    let unseen = 0;
    world.generated.input.forEach((mass, input) => {
      const point = points.subarray(input * 3, input * 3 + 3);
      const real = world.real.label.subarray(input * 3, input * 3 + 3);
      if (mass === 0) unseen++;
      point.forEach((value, label) => {
        expect(value).toBeCloseTo(mass === 0 ? 1 / 3 : (real[label] ?? Number.NaN), 12);
        expect(checker[input * 3 + label]).toBe(real[label]);
      });
    });
    expect(unseen).toBe(3);
  });
});

describe("focalFixedPoint", () => {
  it.each(cases)("is SciPy's minimum for gamma $gamma, q = $q", ({ gamma, q, p }) => {
    const point = focalFixedPoint(Float64Array.from(q), gamma);
    p.forEach((value, label) => {
      expect(Math.abs((point[label] ?? Number.NaN) - value)).toBeLessThan(2e-6);
    });
  });

  it("has one slope for all classes, keeps their order, and is q at gamma 0", () => {
    const property = fc.property(pairs, gammas, ([, q], gamma) => {
      const point = focalFixedPoint(q, gamma);
      const slopes = point.map((p, label) => (q[label] ?? 0) * focalSlope(p, gamma));
      expect(Math.max(...slopes) / Math.min(...slopes)).toBeLessThan(1 + 1e-7);
      const order = [...q.keys()].sort((left, right) => (q[left] ?? 0) - (q[right] ?? 0));
      const rising = order.map((label) => point[label] ?? Number.NaN);
      rising.slice(1).forEach((p, rank) => {
        expect(p - (rising[rank] ?? Number.NaN)).toBeGreaterThan(-1e-12); // equal but for rounding
      });
      expect(focalFixedPoint(q, 0)).toEqual(q);
    });
    fc.assert(property);
    expect([...focalFixedPoint(Float64Array.of(0, 1, 0), 1)]).toEqual([0, 1, 0]);
    expect(focalFixedPoint(Float64Array.of(0, 0.7, 0.3), 1)[0]).toBe(0);
  });
});
