import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, sha256 } from "./hashing.js";

/** The same value with the keys of every object in another order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reordered(item)]),
  );
}

/** All objects and arrays in a value, itself included. */
function objectsIn(value: unknown): object[] {
  if (typeof value !== "object" || value === null) return [];
  return [value, ...Object.values(value).flatMap(objectsIn)];
}

describe("canonicalJson", () => {
  it("is JSON of the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("writes strings and numbers as JSON.stringify does, lone surrogates and all", () => {
    const unit = fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0x80 }));
    const text = fc.array(unit).map((units) => String.fromCharCode(...units));
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.oneof(text, number), text, (value, key) => {
        expect(canonicalJson(value)).toBe(JSON.stringify(value));
        expect(canonicalJson({ [key]: [value] })).toBe(JSON.stringify({ [key]: [value] }));
      }),
    );
  });

  it("does not depend on the order of keys, at any depth", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        expect(canonicalJson(reordered(value))).toBe(canonicalJson(value));
      }),
    );
  });

  it("gives the same text where parts were written before", () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 5 }),
        fc.infiniteStream(fc.boolean()),
        (value, picks) => {
          const parts = objectsIn(value).filter(() => picks.next().value);
          const written = new Map(parts.map((part) => [part, canonicalJson(part)]));
          expect(canonicalJson(value, written)).toBe(canonicalJson(value));
        },
      ),
    );
  });

  it("does not look into parts that were written before", () => {
    const part = { a: 1 };
    const written = new Map([[part, canonicalJson(part)]]);
    part.a = 2;
    expect(canonicalJson({ part, same: [part] }, written)).toBe(
      '{"part":{"a":1},"same":[{"a":1}]}',
    );
  });

  it("tells different values apart", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (left, right) => {
        const same = JSON.stringify(reordered(left)) === JSON.stringify(reordered(right));
        if (canonicalJson(left) === canonicalJson(right)) {
          expect(JSON.parse(JSON.stringify(left))).toEqual(JSON.parse(JSON.stringify(right)));
        } else {
          expect(same).toBe(false);
        }
      }),
    );
  });

  it("leaves out absent keys and writes -0 as 0, as JSON.stringify does", () => {
    expect(canonicalJson({ b: undefined, a: -0 })).toBe('{"a":0}');
  });

  it.each([
    ["NaN", Number.NaN],
    ["infinity", [Number.POSITIVE_INFINITY]],
    ["a bigint", { a: 1n }],
    ["a function", { a: () => 1 }],
    ["undefined", undefined],
    ["a hole in an array", [1, undefined]],
    ["a hole left by the literal", new Array(2)],
    ["a typed array", Float32Array.of(1)],
    ["a map", new Map([["a", 1]])],
    ["a set", new Set([1])],
    ["a date", new Date(0)],
  ])("refuses %s, which JSON cannot hold", (_name, value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });
});

describe("sha256", () => {
  it("is the digest of the UTF-8 bytes", () => {
    // FIPS 180-4 example of one block.
    expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const bytes = new TextEncoder().encode(text);
        expect(sha256(text)).toBe(sha256(bytes));
        expect(sha256(text)).toBe(createHash("sha256").update(bytes).digest("hex"));
      }),
    );
  });
});
