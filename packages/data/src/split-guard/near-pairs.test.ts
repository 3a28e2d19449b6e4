import { readFileSync } from "node:fs";
import { randomStream } from "@counterweight/base";
import { describe, expect, it } from "vitest";
import { distinctTexts } from "./distinct-texts.js";
import { findNearPairs } from "./near-pairs.js";
import { findSharedTexts } from "./report.js";
import { hashShingles } from "./shingles.js";
import { bandRecall, createSketcher, planBands, sketchSize } from "./sketch.js";
import { benchmarkOf } from "./test-benchmark.js";

const golden: { texts: string[]; pairs: [number, number, number][] } = JSON.parse(
  readFileSync(new URL("../../golden/split-guard.json", import.meta.url), "utf8"),
);

describe("findNearPairs", () => {
  it.each([0.6, 0.7, 0.8, 0.9])(
    "finds what Python's sets find at %d, with their similarity (scripts/golden/split-guard.py)",
    (threshold) => {
      const texts = distinctTexts(benchmarkOf({ generated: golden.texts }));
      const groupRow = (group: number): number => {
        const exacts = texts.members.subarray(texts.groupStart[group], texts.groupStart[group + 1]);
        return Math.min(...Array.from(exacts, (exact) => texts.firstRow[exact * 4 + 3] ?? -1));
      };
      const expected = new Map(
        golden.pairs
          .filter(([, , similarity]) => similarity >= threshold)
          .map(([left, right, similarity]) => [`${left} ${right}`, similarity]),
      );
      const ends = (pairs: Iterable<string>): Set<string> =>
        new Set([...pairs].flatMap((key) => key.split(" ")));
      const seeds = 3;
      let found = 0;
      let foundTexts = 0;
      const wrong: string[] = [];
      for (let seed = 0; seed < seeds; seed++) {
        const { pairs } = findNearPairs(texts, threshold, seed);
        const seen = new Set<string>();
        pairs.left.forEach((left, index) => {
          const rows = [groupRow(left), groupRow(pairs.right[index] ?? 0)].sort((a, b) => a - b);
          const key = rows.join(" ");
          if (pairs.similarity[index] !== expected.get(key) || seen.has(key)) wrong.push(key);
          seen.add(key);
        });
        found += pairs.left.length;
        foundTexts += ends(seen).size;
      }
      // What is reported is true, and no pair is reported twice.
      expect(wrong).toEqual([]);
      expect(expected.size).toBeGreaterThan(15);
      // The cap on a text's partners costs pairs in dense families, hardly any texts.
      expect(foundTexts / (seeds * ends(expected.keys()).size)).toBeGreaterThan(0.98);
      expect(found / (seeds * expected.size)).toBeGreaterThan(0.94);
    },
  );

  it("stays close to linear where everything resembles everything", () => {
    const random = randomStream("templates");
    const generated = Array.from(
      { length: 1000 },
      () =>
        `the quarterly report of the company says that revenue grew by ${random.integer(1e6)} percent over the year before`,
    );
    const test = [
      "The quarterly report of the company says that revenue grew by 9 percent over the year before.",
    ];
    const report = findSharedTexts(benchmarkOf({ test, generated }));
    expect(report.nearComplete).toBe(false);
    const near = report.shared.find(({ level, roles }) => level === "near" && roles[0] === "test");
    // All 1,000 are near the test row: few pairs are compared, yet every text finds a partner.
    expect(near?.texts[0]).toBe(1);
    expect((near?.texts[1] ?? 0) / report.distinct.normalised).toBeGreaterThan(0.99);
    const within = report.shared.find(
      ({ level, roles }) => level === "near" && roles[0] !== "test",
    );
    expect((within?.texts[0] ?? 0) / report.distinct.normalised).toBeGreaterThan(0.95);
    expect(within?.links ?? 0).toBeLessThan(1000 * 40);
  });
});

describe("createSketcher", () => {
  it("agrees in as many entries as the similarity says, for small and large sets", () => {
    const random = randomStream("sets");
    const draw = (count: number): number[] => Array.from({ length: count }, random.uint32);
    const sketchOf = (values: number[], seed: number): Uint32Array => {
      const target = new Uint32Array(sketchSize);
      createSketcher(seed)({ values: Uint32Array.from(values), length: values.length }, target);
      return target;
    };
    for (const [shared, own] of [
      [4, 1],
      [8, 1],
      [40, 5],
      [100, 100],
      [900, 100],
    ] as const) {
      const similarity = shared / (shared + 2 * own);
      let equal = 0;
      const seeds = 60;
      for (let seed = 0; seed < seeds; seed++) {
        const both = draw(shared);
        const left = sketchOf([...both, ...draw(own)], seed);
        const right = sketchOf([...draw(own), ...both, ...both], seed);
        equal += left.filter((value, entry) => value === right[entry]).length;
      }
      const trials = seeds * sketchSize;
      // Five standard errors of independent entries; theirs scatter no more than that.
      const error = Math.sqrt((similarity * (1 - similarity)) / trials);
      expect(Math.abs(equal / trials - similarity)).toBeLessThan(5 * error);
    }
  });

  it("has entries for the shortest text", () => {
    const shingles = { values: new Uint32Array(1), length: 0 };
    hashShingles({ codes: Uint32Array.from([1, 2, 3, 4, 5]), length: 5 }, shingles);
    const target = new Uint32Array(sketchSize);
    createSketcher(0)(shingles, target);
    expect(new Set(target).size).toBeGreaterThan(sketchSize / 2);
  });
});

describe("planBands", () => {
  it("misses fewer than 0.5 % at the threshold and fits the sketch", () => {
    for (let threshold = 0.5; threshold <= 1; threshold += 0.01) {
      const plan = planBands(threshold);
      expect(plan.bands * plan.rows).toBeLessThanOrEqual(sketchSize);
      expect(bandRecall(plan, threshold)).toBeGreaterThanOrEqual(0.995);
    }
  });
});
