import { at } from "@counterweight/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quantiseRows, transposed } from "./quantise-rows.js";

const matrices = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }))
  .chain(([rows, columns]) =>
    fc
      .array(fc.float({ noNaN: true, min: -1e6, max: 1e6 }), {
        minLength: rows * columns,
        maxLength: rows * columns,
      })
      .map((cells) => ({ rows, columns, values: Float32Array.from(cells) })),
  );

describe("quantiseRows", () => {
  test("every value is within half its row's scale, and no integer beyond the limit", () => {
    fc.assert(
      fc.property(matrices, fc.constantFrom(64, 127), ({ rows, columns, values }, limit) => {
        const { integers, scales } = quantiseRows(values, rows, columns, limit);
        // The scale itself is rounded to float32, by at most 2^-24 of it or, near 0, 2^-150.
        const tooFar = values.findIndex((value, cell) => {
          const scale = at(scales, Math.floor(cell / columns));
          const slack = limit * (scale * 2 ** -23 + 2 ** -149);
          return Math.abs(value - scale * at(integers, cell)) > scale / 2 + slack;
        });
        expect(tooFar).toBe(-1);
        expect(integers.findIndex((integer) => Math.abs(integer) > limit)).toBe(-1);
      }),
    );
  });

  test("a row of zeros stays zeros", () => {
    const { integers, scales } = quantiseRows(new Float32Array(6), 2, 3, 127);
    expect([...integers]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...scales]).toEqual([1, 1]);
  });
});

test("transposed swaps the axes, over more than one block too", () => {
  fc.assert(
    fc.property(matrices, ({ rows, columns, values }) => {
      const turned = transposed(values, rows, columns, new Float32Array(values.length));
      const cell = (index: number): number =>
        at(turned, (index % columns) * rows + Math.floor(index / columns));
      expect(values.findIndex((value, index) => value !== cell(index))).toBe(-1);
    }),
  );
});
