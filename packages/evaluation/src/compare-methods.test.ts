import { at, CounterweightError, randomStream } from "@counterweight/base";
import { describe, expect, it } from "vitest";
import { aggregate } from "./aggregate.js";
import { compareMethods } from "./compare-methods.js";
import { mcnemar } from "./mcnemar.js";
import type { TrialResult } from "./results.js";
import { resultsBySeed } from "./results-by-seed.js";

const ROWS = 240;
const testLabels = Int32Array.from({ length: ROWS }, (_, row) => row % 3);

/** Right on a share of rows, the harder ones wrong first, as seeds and methods are in life. */
function trial(method: string, seed: number, share: number, over: Partial<TrialResult> = {}) {
  const rows = randomStream("difficulty");
  const random = randomStream("trial", method, seed, over.benchmark ?? "toy");
  return {
    benchmark: "toy",
    method,
    seed,
    labelNames: ["a", "b", "c"],
    testLabels,
    predictions: testLabels.map((label) =>
      0.8 * rows.float() + 0.2 * random.float() < share ? label : (label + 1) % 3,
    ),
    ...over,
  };
}
const quick = { resamples: 400 };

describe("compareMethods", () => {
  const trials = [
    ...[0, 1, 2].map((seed) => trial("ce", seed, 0.6)),
    ...[0, 1, 2].map((seed) => trial("imp", seed, 0.6)),
    ...[0, 1, 3].map((seed) => trial("dimp", seed, 0.75)),
  ];

  it("compares all pairs, later with earlier; the verdict follows the adjusted p-value", () => {
    const found = compareMethods(trials, { ...quick, seed: 5 });
    expect(found).toMatchObject({
      metric: "accuracy",
      resampled: "test rows, jointly across seeds",
      resamples: 400,
      seed: 5,
      level: 0.95,
      correction: "holm",
      baseline: "all pairs",
      family: "all",
      familySize: 3,
    });
    expect(found.rows.map(({ methodA, methodB }) => `${methodA} ${methodB}`)).toEqual([
      "imp ce",
      "dimp ce",
      "dimp imp",
    ]);
    expect(found.rows.map(({ verdict }) => verdict)).toEqual([
      "not distinguishable",
      "A better",
      "A better",
    ]);
    const means = new Map(aggregate(trials, quick).map((row) => [row.method, row.accuracy.mean]));
    for (const row of found.rows) {
      const expected = 100 * ((means.get(row.methodA) ?? 0) - (means.get(row.methodB) ?? 0));
      expect(row.difference).toBeCloseTo(expected, 10);
      expect(row.low).toBeLessThanOrEqual(row.difference);
      expect(row.high).toBeGreaterThanOrEqual(row.difference);
      expect(row.pAdjusted).toBeGreaterThanOrEqual(row.p);
    }
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
    expect(compareMethods(trials, { ...quick, seed: 5 })).toEqual(found);
  });

  it("turns round with the order of the methods", () => {
    const [row] = compareMethods([...trials.slice(6), ...trials.slice(0, 3)], quick).rows;
    const mirrored = at(compareMethods(trials, { ...quick, baseline: "ce" }).rows, 1);
    expect(row).toMatchObject({ methodA: "ce", methodB: "dimp", verdict: "B better" });
    expect(row?.difference).toBeCloseTo(-mirrored.difference, 12);
    expect(row?.low).toBeCloseTo(-mirrored.high, 10);
    expect(row?.p).toBe(mirrored.p);
  });

  it("tests each seed that both have by McNemar, and pools none", () => {
    const { rows } = compareMethods(trials, { ...quick, baseline: "ce" });
    expect(rows.map((row) => row.mcnemar.map(({ seed }) => seed))).toEqual([
      [0, 1, 2],
      [0, 1],
    ]);
    const expected = mcnemar(testLabels, at(trials, 6).predictions, at(trials, 0).predictions);
    expect(at(rows, 1).mcnemar[0]).toEqual({ seed: 0, ...expected });
    expect(at(rows, 1)).toMatchObject({ seedsA: [0, 1, 3], seedsB: [0, 1, 2] });
  });

  it("finds identical predictions not distinguishable, with p of 1 and no width", () => {
    const twins = [trial("ce", 0, 0.7), { ...trial("ce", 0, 0.7), method: "twin" }];
    for (const metric of ["accuracy", "macroF1"] as const) {
      const [row] = compareMethods(twins, { ...quick, metric }).rows;
      expect(row).toMatchObject({ difference: 0, low: 0, high: 0, p: 1, pAdjusted: 1 });
      expect(row?.mcnemar).toEqual([{ seed: 0, b: 0, c: 0, p: 1, midP: 1 }]);
      expect(row?.verdict).toBe("not distinguishable");
    }
  });

  it("compares under one condition; a part that a method leaves out fits any", () => {
    const parts = [
      trial("quality-checker", 0, 0.5, { checkerFraction: 0.1 }),
      trial("ce", 0, 0.6, { generated: "zero" }),
      trial("ce", 0, 0.6, { generated: "few" }),
      trial("imp", 0, 0.6, { generated: "zero", checkerFraction: 0.1 }),
      trial("imp", 0, 0.6, { generated: "zero", checkerFraction: 1 }),
      trial("imp", 0, 0.6, { benchmark: "other", generated: "zero", checkerFraction: 0.1 }),
    ];
    const { rows, familySize } = compareMethods(parts, quick);
    const seen = rows.map((row) =>
      [row.methodA, row.methodB, row.generated, row.checkerFraction].join(" "),
    );
    expect(seen).toEqual([
      "ce quality-checker zero 0.1",
      "ce quality-checker few 0.1",
      "imp quality-checker zero 0.1",
      "imp ce zero 0.1",
      "imp ce zero 1",
    ]);
    expect(familySize).toBe(5);
  });

  it("corrects all benchmarks together, or each apart where asked", () => {
    const twice = [
      ...trials,
      ...trials.map((one) => ({ ...one, benchmark: "again", predictions: one.predictions })),
    ];
    const together = compareMethods(twice, quick);
    const apart = compareMethods(twice, { ...quick, family: "benchmark" });
    expect([together.familySize, apart.familySize]).toEqual([6, 3]);
    expect(at(apart.rows, 1).pAdjusted).toBeLessThan(at(together.rows, 1).pAdjusted);
    const single = compareMethods(trials, quick).rows.map(({ pAdjusted }) => pAdjusted);
    expect(apart.rows.slice(3).map(({ pAdjusted }) => pAdjusted)).toEqual(single);
  });

  it("refuses other test labels, a seed twice, and a baseline that was not run", () => {
    const swapped = { ...trial("imp", 0, 0.5), testLabels: Int32Array.from(testLabels).reverse() };
    expect(() => compareMethods([trial("ce", 0, 0.5), swapped])).toThrow(/different test labels/);
    const again = [trial("ce", 0, 0.5), trial("ce", 0, 0.5)];
    expect(() => compareMethods(again)).toThrow(/seed 0 of "ce" comes twice/);
    expect(() => compareMethods(trials, { baseline: "dmip" })).toThrow(/did you mean "dimp"/);
    expect(() => compareMethods(trials, { level: 1 })).toThrow(CounterweightError);
    expect(compareMethods([]).rows).toEqual([]);
  });

  it("calls methods of equal accuracy different about as often as it says", () => {
    let found = 0;
    const worlds = 200;
    for (let world = 0; world < worlds; world++) {
      const random = randomStream("equal methods", world);
      const hard = Float64Array.from({ length: 200 }, () => (random.float() < 0.5 ? 0.6 : 0.95));
      const labels = new Int32Array(200);
      const runs = ["one", "two"].flatMap((method) => {
        // Each method has rows of its own that it is better at; on average they are equal.
        const own = hard.map((share) => share + (random.float() < 0.5 ? 0.05 : -0.05));
        return [0, 1, 2].map(
          (seed): TrialResult => ({
            benchmark: "null",
            method,
            seed,
            labelNames: ["a", "b"],
            testLabels: labels,
            predictions: Int32Array.from(own, (share) => (random.float() < share ? 0 : 1)),
          }),
        );
      });
      const { rows } = compareMethods(runs, { resamples: 200, seed: world });
      if (at(rows, 0).verdict !== "not distinguishable") found++;
    }
    // Binomial(200, 0.05) stays below 0.105 but once in a thousand times.
    expect(found / worlds).toBeLessThan(0.105);
    expect(found).toBeGreaterThan(0);
  }, 240_000);

  it("takes a few seconds for six methods of four seeds, 10,000 resamples of 1,725 rows", () => {
    const labels = Int32Array.from({ length: 1725 }, (_, row) => row % 2);
    const many = ["a", "b", "c", "d", "e", "f"].flatMap((method) =>
      [0, 1, 2, 3].map((seed): TrialResult => {
        const random = randomStream("speed", method, seed);
        const predictions = labels.map((label) => (random.float() < 0.8 ? label : 1 - label));
        return {
          benchmark: "large",
          method,
          seed,
          labelNames: ["no", "yes"],
          testLabels: labels,
          predictions,
        };
      }),
    );
    const start = process.cpuUsage();
    expect(compareMethods(many, { metric: "macroF1" }).rows).toHaveLength(15);
    // Processor time, not the clock's: a busy machine must not fail the test.
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(15);
  }, 240_000);
});

describe("resultsBySeed", () => {
  it("gives every value behind the means once, methods of one seed side by side", () => {
    const rows = aggregate(
      [trial("ce", 1, 0.6), trial("ce", 0, 0.6), trial("dimp", 0, 0.7), trial("dimp", 1, 0.7)],
      quick,
    );
    const seeds = resultsBySeed(rows);
    expect(seeds.map(({ seed, method }) => `${seed} ${method}`)).toEqual([
      "0 ce",
      "0 dimp",
      "1 ce",
      "1 dimp",
    ]);
    expect(seeds.map(({ accuracy }) => accuracy).sort()).toEqual(
      rows.flatMap(({ accuracy }) => accuracy.values).sort(),
    );
  });
});
