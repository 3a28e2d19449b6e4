import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadBenchmark } from "../benchmarks/registry.js";
import { errorOf, rejectionOf } from "../test-support.js";
import { fixedPointMethods } from "./fixed-points.js";
import { quickstartWorld, randomWorld } from "./presets.js";
import { parseInput, renderInput, vocabulary } from "./render.js";
import { argmaxAccuracy, bayesAccuracy, expectedAccuracy, mendedShare } from "./risk.js";
import { oracleScores, sampleBenchmark } from "./sample.js";
import { createWorld, type JointDistribution } from "./world.js";

const worlds = fc
  .record({
    seed: fc.integer({ min: 0, max: 10_000 }),
    classes: fc.integer({ min: 2, max: 4 }),
    features: fc.integer({ min: 1, max: 4 }),
    words: fc.integer({ min: 2, max: 6 }),
    effectScale: fc.double({ min: 0, max: 5, noNaN: true }),
    inputShift: fc.double({ min: 0, max: 2, noNaN: true }),
    noiseRate: fc.double({ min: 0, max: 1, noNaN: true }),
    featureNoiseRate: fc.double({ min: 0, max: 1, noNaN: true }),
    noiseKind: fc.constantFrom("pair" as const, "symmetric" as const),
    missingWords: fc.integer({ min: 0, max: 1 }),
  })
  .map((options) => randomWorld(options));

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

describe("a world", () => {
  it("has distinct texts for distinct inputs, and tables that are distributions", () => {
    const property = fc.property(worlds, (world) => {
      const texts = Array.from({ length: world.inputs }, (_, input) => renderInput(world, input));
      expect(new Set(texts).size).toBe(world.inputs);
      texts.forEach((text, input) => {
        expect(parseInput(world, text)).toBe(input);
      });
      const words = new Set(vocabulary(world));
      expect(texts.every((text) => text.split(" ").every((word) => words.has(word)))).toBe(true);
      const check = ({ input, label }: JointDistribution): void => {
        expect(sum(input)).toBeCloseTo(1, 12);
        const classes = world.labelNames.length;
        for (let x = 0; x < world.inputs; x++) {
          expect(sum(label.subarray(x * classes, (x + 1) * classes))).toBeCloseTo(1, 12);
        }
        expect(Math.min(...input, ...label)).toBeGreaterThanOrEqual(0);
      };
      check(world.real);
      check(world.generated);
    });
    fc.assert(property, { numRuns: 40 });
  });

  it("gives no method more than the Bayes accuracy, and the quality checker all of it", () => {
    const property = fc.property(worlds, (world) => {
      const best = bayesAccuracy(world);
      for (const method of fixedPointMethods) {
        expect(expectedAccuracy(world, method)).toBeLessThanOrEqual(best + 1e-12);
      }
      expect(expectedAccuracy(world, "quality-checker")).toBeCloseTo(best, 12);
    });
    fc.assert(property, { numRuns: 40 });
  });

  it("counts ties with their mean: uniform scores are right once in as many classes", () => {
    for (const classes of [2, 3, 4]) {
      const world = randomWorld({ seed: 1, classes });
      const uniform = new Float64Array(world.inputs * classes).fill(1 / classes);
      expect(argmaxAccuracy(world, uniform)).toBeCloseTo(1 / classes, 12);
    }
  });

  it("has label noise as the formula says, by feature where a rule holds", () => {
    const settings = {
      name: "noise",
      labelNames: ["a", "b", "c"],
      features: [
        {
          name: "f",
          words: ["u", "v"],
          effect: [
            [1, 0, 0.5],
            [0, 2, -1],
          ],
        },
      ],
    };
    const rules = [{ when: [{ feature: "f", words: ["v"] }], rate: 0.4 }];
    const clean = createWorld(settings).real.label;
    const p = (index: number): number => clean[index] ?? Number.NaN;
    const pair = createWorld({ ...settings, noise: { rate: 0.1, rules } }).generated.label;
    // y becomes y + 1: Q(a) = (1 - e) P(a) + e P(c)
    expect(pair[0]).toBeCloseTo(0.9 * p(0) + 0.1 * p(2), 14);
    expect(pair[4]).toBeCloseTo(0.6 * p(4) + 0.4 * p(3), 14);
    const symmetric = createWorld({ ...settings, noise: { kind: "symmetric", rate: 0.1, rules } });
    expect(symmetric.generated.label[4]).toBeCloseTo(0.6 * p(4) + 0.2 * (p(3) + p(5)), 14);
    expect(p(0)).toBeCloseTo(Math.E / (Math.E + 1 + Math.exp(0.5)), 14);
  });

  it("has inputs as the words' shares say, Q's renormalised without the missing modes", () => {
    const world = createWorld({
      name: "shares",
      labelNames: ["a", "b"],
      features: [
        { name: "f", words: ["u", "v"], realShare: [1, 3], generatedShare: [4, 1] },
        { name: "g", words: ["x", "y"], realShare: [1, 1] },
      ],
      missing: [
        [
          { feature: "f", words: ["v"] },
          { feature: "g", words: ["x"] },
        ],
      ],
    });
    expect([...world.real.input]).toEqual([1 / 8, 1 / 8, 3 / 8, 3 / 8]);
    expect([...world.generated.input]).toEqual([4 / 9, 4 / 9, 0, 1 / 9]); // u x, u y, v x, v y
  });

  it.each([
    [{ features: [{ name: "f", words: ["u", "u"] }] }, '"u" stands twice'],
    [{ features: [{ name: "f", words: ["u v"] }] }, "not a word"],
    [{ template: ["the"] }, "each feature exactly once"],
    [{ noise: { rate: 1.5 } }, "noise rate"],
    [{ duplication: 1 }, "duplication"],
    [{ missing: [[{ feature: "f", words: ["u", "v"] }]] }, "no input is left"],
    [{ missing: [[{ feature: "f", words: ["w"] }]] }, "f: w"],
    [{ missing: [[]] }, "without conditions"],
    [{ labelNames: ["a"] }, "two classes"],
    [{ features: [{ name: "f", words: ["u"], effect: [[1]] }] }, "one effect"],
  ])("refuses %j", (part, problem) => {
    const settings = {
      name: "w",
      labelNames: ["a", "b"],
      features: [{ name: "f", words: ["u", "v"] }],
    };
    expect(errorOf(() => createWorld({ ...settings, ...part })).message).toContain(problem);
  });
});

describe("the quickstart's world", () => {
  const world = quickstartWorld();

  it("is wrong in a quarter of the inputs, where IMP and DIMP are right and CE is not", () => {
    expect(mendedShare(world)).toBeCloseTo(0.25, 12);
    const accuracy = Object.fromEntries(
      fixedPointMethods.map((method) => [method, expectedAccuracy(world, method)]),
    );
    expect(accuracy.ce).toBeCloseTo(0.75 * 0.95 + 0.25 * 0.05, 12);
    expect(accuracy.focal).toBe(accuracy.ce);
    expect(accuracy.imp).toBeCloseTo(0.95, 12);
    expect(accuracy.dimp).toBe(accuracy.imp);
    expect(bayesAccuracy(world)).toBe(accuracy.imp);
  });

  it("suits a tiny model: few words, short texts", () => {
    expect(vocabulary(world).length).toBeLessThanOrEqual(200);
    const longest = Math.max(
      ...Array.from({ length: world.inputs }, (_, x) => renderInput(world, x).split(" ").length),
    );
    expect(longest).toBeLessThanOrEqual(10); // 12 with [CLS] and [SEP]
  });

  it("gives the same bytes for the same seed, and fewer rows as a beginning of more", () => {
    const options = { generatedRows: 50, realRows: 20, validationRows: 10, testRows: 30, seed: 7 };
    const copied = quickstartWorld(0.5);
    for (const made of [world, copied]) {
      const first = sampleBenchmark(made, options);
      expect(sampleBenchmark(made, options)).toEqual(first);
      expect(sampleBenchmark(made, { ...options, seed: 8 })).not.toEqual(first);
      const more = sampleBenchmark(made, { ...options, generatedRows: 90, testRows: 31 });
      expect(more.generated.text.slice(0, 50)).toEqual(first.generated.text);
      expect(more.generated.label.slice(0, 50)).toEqual(first.generated.label);
      expect(more.train).toEqual(first.train);
    }
  });

  it("knows P(y|x) and Q(y|x) of each row", () => {
    const options = { generatedRows: 500, realRows: 1, validationRows: 1, testRows: 1, seed: 1 };
    const { generated } = sampleBenchmark(world, options);
    const { quality, diversity } = oracleScores(world, generated);
    const misread = /sick|wicked|quaint|interesting/;
    generated.text.forEach((text, row) => {
      const right = (quality[row] ?? 0) > 0.5;
      const usual = misread.test(text) ? 0.7 : 0.05; // rate of wrong labels
      const chance = right ? 0.95 * (1 - usual) + 0.05 * usual : 0.05 * (1 - usual) + 0.95 * usual;
      expect(quality[row]).toBeCloseTo(right ? 0.95 : 0.05, 12);
      expect(diversity[row]).toBeCloseTo(chance, 12);
    });
    const stranger = { ...generated, text: generated.text.map(() => "no such text") };
    expect(errorOf(() => oracleScores(world, stranger)).kind).toBe("data");
  });

  it("loads by name when shared texts are allowed by name", async () => {
    const options = { generatedRows: 400, testRows: 400 };
    const { message } = await rejectionOf(loadBenchmark("toy-world", options));
    expect(message).toContain("test and generated share");
    const allowSharedText = ["train", "validation", "generated"];
    const loaded = await loadBenchmark("toy-world", { ...options, allowSharedText });
    expect(loaded.expectedAccuracy?.({ method: "imp" })).toBeCloseTo(0.95, 12);
    expect(loaded.expectedAccuracy?.({ method: "hu" })).toBeUndefined();
  });
});
