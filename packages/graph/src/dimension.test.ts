import { at } from "@counterweight/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { broadcastShapes, type Dimension, product, sizeOf, sizesOf } from "./dimension.js";

const names = ["classes", "longest", "rows", "tokens"] as const;
const factor = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constantFrom(...names));
/** Numbers, names, and products of both, written in any order. */
const dimensions: fc.Arbitrary<Dimension> = fc.oneof(
  factor,
  fc.array(factor, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("*")),
);
const bindings = fc
  .tuple(fc.nat(9), fc.nat(9), fc.nat(9), fc.nat(9))
  .map((sizes) => new Map(names.map((name, index) => [name as string, at(sizes, index)])));

describe("product", () => {
  test("its size is the product of the sizes", () => {
    fc.assert(
      fc.property(fc.array(dimensions, { maxLength: 4 }), bindings, (parts, sizes) => {
        const wanted = sizesOf(parts, sizes).reduce((total, size) => total * size, 1);
        expect(sizeOf(product(parts), sizes)).toBe(wanted);
      }),
    );
  });

  test("is canonical: order and grouping of the factors do not show", () => {
    const lists = fc.array(dimensions, { maxLength: 5 });
    fc.assert(
      fc.property(lists, fc.nat(5), (parts, cut) => {
        const whole = product(parts);
        expect(product([...parts].reverse())).toBe(whole);
        expect(product([product(parts.slice(0, cut)), product(parts.slice(cut))])).toBe(whole);
        expect(product([whole])).toBe(whole);
      }),
    );
  });

  test("different products of nonzero factors are different dimensions", () => {
    expect(product(["rows", 2])).toBe("2*rows");
    expect(product(["rows", "longest", 3, 4])).toBe("12*longest*rows");
    expect(product(["rows", "rows"])).not.toBe(product(["rows"]));
    expect(product([])).toBe(1);
    expect(product(["rows", 0])).toBe(0);
  });
});

test("sizeOf names a size that nothing binds", () => {
  expect(() => sizeOf("2*rows", new Map())).toThrow(/the size "rows" is not given/);
});

describe("broadcastShapes", () => {
  test("is NumPy's rule on concrete shapes", () => {
    const shape = fc.array(fc.constantFrom(1, 1, 2, 3), { maxLength: 4 });
    fc.assert(
      fc.property(shape, shape, (left, right) => {
        const rank = Math.max(left.length, right.length);
        const pad = (value: number[]): number[] => [
          ...new Array<number>(rank - value.length).fill(1),
          ...value,
        ];
        const [a, b] = [pad(left), pad(right)];
        const fits = a.every((size, axis) => size === b[axis] || size === 1 || b[axis] === 1);
        if (!fits) {
          expect(() => broadcastShapes("add", left, right)).toThrow(/^add: needed shapes that/);
        } else {
          expect(broadcastShapes("add", left, right)).toEqual(
            a.map((size, axis) => Math.max(size, at(b, axis))),
          );
        }
      }),
    );
  });

  test("a named size goes with itself and with 1", () => {
    expect(broadcastShapes("add", ["rows", 1], ["rows", 3])).toEqual(["rows", 3]);
    expect(broadcastShapes("add", ["rows", 3], [3])).toEqual(["rows", 3]);
    expect(() => broadcastShapes("add", ["rows"], ["tokens"])).toThrow(
      "add: needed shapes that broadcast, got [rows] and [tokens].",
    );
    expect(() => broadcastShapes("add", ["rows"], [4])).toThrow(/got \[rows\] and \[4\]/);
  });
});
