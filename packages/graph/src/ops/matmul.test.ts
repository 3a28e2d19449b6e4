import { at, type Random, randomStream } from "@counterweight/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { gradients } from "../autodiff.js";
import { program } from "../program.js";
import { evaluate } from "../reference.js";
import { input, type Tensor } from "../tensor.js";
import { multiply } from "./elementwise.js";
import { matmul } from "./matmul.js";
import { reduceSum } from "./reduce.js";
import { transpose } from "./shape.js";

/** `[rows, ...batch, columns]` to `[...batch, rows, columns]`, which the product absorbs. */
const behindBatch = (rank: number): number[] => [
  ...Array.from({ length: rank - 2 }, (_, axis) => axis + 1),
  0,
  rank - 1,
];

/** The same transpose hidden behind another one, which changes nothing and blocks absorption. */
const hidden = (x: Tensor): Tensor =>
  transpose(
    transpose(x, behindBatch(x.shape.length)),
    x.shape.map((_, axis) => axis),
  );
const plain = (x: Tensor): Tensor => transpose(x, behindBatch(x.shape.length));

const values = (random: Random, shape: readonly number[]) => ({
  shape,
  data: Float64Array.from({ length: shape.reduce((all, size) => all * size, 1) }, () =>
    random.normal(),
  ),
});

test("a transpose that a product takes in changes neither values nor gradients", () => {
  const size = fc.integer({ min: 1, max: 4 });
  const batch = fc.array(size, { minLength: 1, maxLength: 2 });
  const flags = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean());
  fc.assert(
    fc.property(batch, size, size, size, flags, fc.nat(), (stack, m, k, n, options, seed) => {
      const [moveLeft, moveRight, transposeLeft, transposeRight] = options;
      const random = randomStream("matmul", seed);
      const side = (rows: number, columns: number, move: boolean): number[] =>
        move ? [rows, ...stack, columns] : [...stack, rows, columns];
      const leftShape = transposeLeft ? side(k, m, moveLeft) : side(m, k, moveLeft);
      const rightShape = transposeRight ? side(n, k, moveRight) : side(k, n, moveRight);
      const x = input("x", "float32", leftShape);
      const y = input("y", "float32", rightShape);
      const build = (move: (tensor: Tensor) => Tensor) => {
        const out = matmul(moveLeft ? move(x) : x, moveRight ? move(y) : y, {
          transposeLeft,
          transposeRight,
          alpha: 0.7,
        });
        const projection = input("projection", "float32", out.shape);
        const scalar = reduceSum(
          multiply(out, projection),
          out.shape.map((_, axis) => axis),
        );
        const [dx = out, dy = out] = gradients(scalar, [x, y]);
        return { out, dx, dy };
      };
      const inputs = {
        x: values(random, leftShape),
        y: values(random, rightShape),
        projection: values(random, [...stack, m, n]),
      };
      const absorbed = build(plain);
      const kept = build(hidden);
      if (moveLeft) expect(absorbed.out.node.inputs[0]).toBe(x);
      if (moveLeft) expect(kept.out.node.inputs[0]).not.toBe(x);
      const actual = evaluate(program("absorbed", absorbed), inputs);
      const wanted = evaluate(program("kept", kept), inputs);
      for (const name of ["out", "dx", "dy"] as const) {
        expect(actual[name]?.shape).toEqual(wanted[name]?.shape);
        wanted[name]?.data.forEach((value, cell) => {
          expect(at(actual[name]?.data ?? [], cell)).toBeCloseTo(value, 12);
        });
      }
    }),
    { numRuns: 150 },
  );
});

test("a product with an empty axis takes in no transpose", () => {
  const x = input("x", "float32", [0, 2, 3]);
  const y = input("y", "float32", [2, 3, 4]);
  const moved = plain(x);
  expect(matmul(moved, y).node.inputs[0]).toBe(moved);
});
