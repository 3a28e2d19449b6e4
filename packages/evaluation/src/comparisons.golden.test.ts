import { readFileSync } from "node:fs";
import { at } from "@counterweight/base";
import { describe, expect, it } from "vitest";
import { compareMethods } from "./compare-methods.js";
import type { Comparison, ComparisonMetric } from "./comparison.js";
import { adjustPValues } from "./corrections.js";
import { mcnemarProbabilities } from "./mcnemar.js";
import type { TrialResult } from "./results.js";

interface BootstrapInput {
  readonly classes: number;
  readonly gold: number[];
  /** `[two methods][seeds][rows]`. */
  readonly methods: number[][][];
  readonly metric: ComparisonMetric;
  readonly seed?: number;
  readonly resamples?: number;
  readonly level?: number;
}
interface Golden {
  readonly mcnemar: { b: number; c: number; p: number; midP: number }[];
  readonly corrections: { p: number[]; holm: number[]; "benjamini-hochberg": number[] }[];
  readonly sameDraws: {
    input: BootstrapInput;
    difference: number;
    low: number;
    high: number;
    p: number;
  }[];
  readonly scipy: {
    input: BootstrapInput;
    low: number;
    high: number;
    standardError: number;
    notAbove: number;
    notBelow: number;
  }[];
}

const path = new URL("../golden/statistics.json", import.meta.url);
const golden: Golden = JSON.parse(readFileSync(path, "utf8"));

/** The first method less the second. */
function compare({ classes, gold, methods, ...options }: BootstrapInput): Comparison {
  const trials = ["first", "second"].flatMap((method, place) =>
    at(methods, place).map(
      (predictions, seed): TrialResult => ({
        benchmark: "random",
        method,
        seed,
        labelNames: Array.from({ length: classes }, (_, index) => `class ${index}`),
        testLabels: Int32Array.from(gold),
        predictions: Int32Array.from(predictions),
      }),
    ),
  );
  const { rows } = compareMethods(trials, { ...options, baseline: "second" });
  return at(rows, 0);
}

describe("statistics of comparisons, against scipy and statsmodels", () => {
  it("McNemar's exact p-value and mid-p, to 1e-9 relative", () => {
    expect(golden.mcnemar.length).toBeGreaterThanOrEqual(50);
    for (const { b, c, p, midP } of golden.mcnemar) {
      const ours = mcnemarProbabilities(b, c);
      expect(Math.abs(ours.p - p), `${b}, ${c}`).toBeLessThanOrEqual(1e-9 * p);
      expect(Math.abs(ours.midP - midP), `${b}, ${c}`).toBeLessThanOrEqual(1e-9 * midP);
    }
  });

  it.each(["holm", "benjamini-hochberg"] as const)("correction by %s, to 1e-14", (correction) => {
    expect(golden.corrections.length).toBeGreaterThanOrEqual(50);
    for (const theirs of golden.corrections) {
      const ours = adjustPValues(theirs.p, correction);
      expect(ours.length).toBe(theirs.p.length);
      ours.forEach((value, index) => {
        expect(Math.abs(value - at(theirs[correction], index))).toBeLessThan(1e-14);
      });
    }
  });

  it("the paired bootstrap on the same draws: interval to 1e-10 points, p-value equal", () => {
    expect(golden.sameDraws.length).toBeGreaterThanOrEqual(16);
    for (const { input, ...theirs } of golden.sameDraws) {
      const ours = compare(input);
      expect(Math.abs(ours.difference - theirs.difference)).toBeLessThan(1e-10);
      expect(Math.abs(ours.low - theirs.low)).toBeLessThan(1e-10);
      expect(Math.abs(ours.high - theirs.high)).toBeLessThan(1e-10);
      expect(ours.p).toBe(theirs.p);
    }
  });

  it("scipy.stats.bootstrap with draws of its own, within Monte-Carlo error", () => {
    for (const { input, ...theirs } of golden.scipy) {
      const ours = compare({ ...input, resamples: 10_000, seed: 7 });
      // A 2.5 % quantile of 10,000 draws of a normal has a standard error of 0.027 sd; two of them
      // 0.038. Four of those, and the grid that scores of 300 rows lie on.
      const tolerance = 4 * 0.038 * theirs.standardError + 100 / 300 / input.methods.length;
      expect(Math.abs(ours.low - theirs.low)).toBeLessThan(tolerance);
      expect(Math.abs(ours.high - theirs.high)).toBeLessThan(tolerance);
      const p = Math.min(1, 2 * Math.min(theirs.notAbove, theirs.notBelow));
      const spread = Math.sqrt((2 * p * (1 - p / 2)) / 10_000 + 1e-8);
      expect(Math.abs(ours.p - p)).toBeLessThan(4 * 1.42 * spread + 2e-4);
    }
  }, 240_000);
});
