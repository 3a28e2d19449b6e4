import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream, type StreamKey } from "./random.js";

const draws = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw);

/** Pearson's chi-squared statistic of counts against equal expectations. */
function chiSquared(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** Beyond it lies less than 1e-6 of the distribution (Wilson and Hilferty's approximation). */
const chiSquaredLimit = (degrees: number): number =>
  degrees * (1 - 2 / (9 * degrees) + 4.753 * Math.sqrt(2 / (9 * degrees))) ** 3;

function counted(values: readonly number[], bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

describe("randomStream", () => {
  it("is xoshiro128** seeded by the SHA-256 of the key (scripts/golden/base.py)", () => {
    const golden: { streams: { key: StreamKey; uint32: number[] }[] } = JSON.parse(
      readFileSync(new URL("../golden/random.json", import.meta.url), "utf8"),
    );
    expect(golden.streams.length).toBeGreaterThan(3);
    for (const { key, uint32 } of golden.streams) {
      const stream = randomStream(...key);
      expect(draws(uint32.length, stream.uint32)).toEqual(uint32);
    }
  });

  it("gives the same numbers for the same key, others for another", () => {
    const key = fc.array(fc.oneof(fc.string(), fc.integer()), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(key, key, (left, right) => {
        const first = draws(8, randomStream(...left).uint32);
        expect(draws(8, randomStream(...left).uint32)).toEqual(first);
        const second = draws(8, randomStream(...right).uint32);
        expect(JSON.stringify(left) === JSON.stringify(right)).toBe(
          JSON.stringify(first) === JSON.stringify(second),
        );
      }),
    );
  });

  it("tells keys apart that differ only in type or grouping", () => {
    const keys = [["a", 1], ["a", "1"], ["a1"], ["a", 1, ""], ["a", 1, 0]];
    const firsts = keys.map((key) => draws(4, randomStream(...key).uint32).join());
    expect(new Set(firsts).size).toBe(keys.length);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses %d in a key", (part) => {
    expect(() => randomStream("split", part)).toThrow(RangeError);
  });

  it("streams of neighbouring seeds are uncorrelated", () => {
    const count = 20_000;
    const [left, right] = [randomStream("seed", 0), randomStream("seed", 1)];
    const product = draws(count, () => (left.float() - 0.5) * (right.float() - 0.5));
    const mean = product.reduce((sum, value) => sum + value, 0) / count;
    // The product of two centred uniforms has standard deviation 1/12.
    expect(Math.abs(mean)).toBeLessThan((5 / 12) * (1 / Math.sqrt(count)));
  });
});

describe("float", () => {
  it("stays in [0, 1) and fills it evenly, in its high and in its low bits", () => {
    const stream = randomStream("float");
    const values = draws(50_000, stream.float);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(
      chiSquared(
        counted(
          values.map((value) => Math.floor(value * 64)),
          64,
        ),
      ),
    ).toBeLessThan(chiSquaredLimit(63));
    const lowBits = values.map((value) => (value * 2 ** 53) % 64);
    expect(lowBits.every(Number.isInteger)).toBe(true);
    expect(chiSquared(counted(lowBits, 64))).toBeLessThan(chiSquaredLimit(63));
  });
});

describe("integer", () => {
  it("stays below the limit, for any limit", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), fc.integer(), (limit, seed) => {
        const value = randomStream("integer", seed).integer(limit);
        expect(Number.isInteger(value) && value >= 0 && value < limit).toBe(true);
      }),
    );
  });

  it("has no modulo bias where a plain remainder would be badly biased", () => {
    // With limit 3 * 2^30 a remainder would draw the lowest third twice as often as the others.
    const stream = randomStream("bias");
    const thirds = draws(30_000, () => Math.floor(stream.integer(3 * 2 ** 30) / 2 ** 30));
    expect(chiSquared(counted(thirds, 3))).toBeLessThan(chiSquaredLimit(2));
  });

  it("is uniform over a small limit", () => {
    const stream = randomStream("small");
    expect(
      chiSquared(
        counted(
          draws(50_000, () => stream.integer(7)),
          7,
        ),
      ),
    ).toBeLessThan(chiSquaredLimit(6));
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 32 + 1])("refuses the limit %d", (limit) => {
    expect(() => randomStream("limit").integer(limit)).toThrow(RangeError);
  });
});

describe("normal", () => {
  it("has the moments of the standard normal and its tails", () => {
    const count = 100_000;
    const stream = randomStream("normal");
    const values = draws(count, stream.normal);
    const moment = (power: number): number =>
      values.reduce((sum, value) => sum + value ** power, 0) / count;
    // Five standard errors: the variances of x, x^2, x^3, x^4 are 1, 2, 15, 96.
    const within = (power: number, expected: number, variance: number): void =>
      expect(Math.abs(moment(power) - expected)).toBeLessThan(5 * Math.sqrt(variance / count));
    within(1, 0, 1);
    within(2, 1, 2);
    within(3, 0, 15);
    within(4, 3, 96);
    const beyondTwo = values.filter((value) => Math.abs(value) > 2).length / count;
    expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(5 * Math.sqrt(0.0455 / count));
    expect(values.every(Number.isFinite)).toBe(true);
  });
});

describe("shuffled", () => {
  it("is a permutation, leaves its argument alone, and is stable", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (values, seed) => {
        const before = [...values];
        const result = randomStream("shuffle", seed).shuffled(values);
        expect(values).toEqual(before);
        expect([...result].sort((a, b) => a - b)).toEqual([...values].sort((a, b) => a - b));
        expect(randomStream("shuffle", seed).shuffled(values)).toEqual(result);
      }),
    );
  });

  it("gives each of the 24 orders of four things equally often", () => {
    const stream = randomStream("orders");
    const orders = draws(24_000, () => stream.shuffled(["a", "b", "c", "d"]).join(""));
    const names = [...new Set(orders)];
    expect(names).toHaveLength(24);
    const counts = counted(
      orders.map((order) => names.indexOf(order)),
      24,
    );
    expect(chiSquared(counts)).toBeLessThan(chiSquaredLimit(23));
  });
});
