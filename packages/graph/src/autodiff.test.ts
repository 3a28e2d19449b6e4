import { at } from "@counterweight/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gradients } from "./autodiff.js";
import { add, divide, multiply, scale, subtract } from "./ops/elementwise.js";
import { layerNorm } from "./ops/normalise.js";
import { reduceSum } from "./ops/reduce.js";
import { gather } from "./ops/rows.js";
import { exp, gelu, stopGradient, tanh } from "./ops/unary.js";
import { program } from "./program.js";
import { evaluate } from "./reference.js";
import { input, type Tensor } from "./tensor.js";
import { type TensorValue, tensorValue } from "./value.js";

const x = input("x", "float32", ["n"]);
const sum = (tensor: Tensor): Tensor => reduceSum(tensor, [0]);

function run(
  outputs: Readonly<Record<string, Tensor>>,
  values: Readonly<Record<string, TensorValue>>,
): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(
    Object.entries(evaluate(program("autodiff", outputs), values)).map(([name, { data }]) => [
      name,
      [...data],
    ]),
  );
}

const vector = (...data: number[]): TensorValue =>
  tensorValue(Float64Array.from(data), [data.length]);
const gradientOf = (scalar: Tensor, tensor: Tensor): Tensor => at(gradients(scalar, [tensor]), 0);

describe("gradients", () => {
  test("a value that is used many times sums what comes back", () => {
    // x^2 + 3x + exp(x), each use through a path of its own: 2x + 3 + exp(x).
    const scalar = sum(add(add(multiply(x, x), scale(x, 3)), exp(x)));
    const { gradient } = run({ gradient: gradientOf(scalar, x) }, { x: vector(-1, 0, 2) });
    expect(gradient).toEqual([-1, 0, 2].map((value) => 2 * value + 3 + Math.exp(value)));
  });

  test("random expressions over one shared input agree with central differences", () => {
    const { tree } = fc.letrec<{ tree: (leaf: Tensor) => Tensor }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        fc.constant((leaf: Tensor) => leaf),
        fc
          .double({ min: -2, max: 2, noNaN: true })
          .map((factor) => (leaf: Tensor) => scale(leaf, factor)),
        fc.tuple(fc.constantFrom(tanh, gelu), tie("tree")).map(
          ([outer, inner]) =>
            (leaf: Tensor) =>
              outer(inner(leaf)),
        ),
        fc.tuple(fc.constantFrom(add, subtract, multiply), tie("tree"), tie("tree")).map(
          ([join, left, right]) =>
            (leaf: Tensor) =>
              join(left(leaf), right(leaf)),
        ),
      ),
    }));
    const point = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(tree, point, (build, values) => {
        const scalar = sum(build(x));
        const { gradient = [] } = run(
          // The scalar as well: a constant gradient alone would leave the size n unknown.
          { gradient: gradientOf(scalar, x), scalar },
          { x: vector(...values) },
        );
        const step = 1e-5;
        values.forEach((_, cell) => {
          const shifted = (by: number): number => {
            const moved = values.map((value, index) => (index === cell ? value + by : value));
            return at(run({ scalar }, { x: vector(...moved) }).scalar ?? [], 0);
          };
          const numeric = (shifted(step) - shifted(-step)) / (2 * step);
          expect(Math.abs(at(gradient, cell) - numeric)).toBeLessThan(
            1e-6 * Math.max(1, Math.abs(numeric)),
          );
        });
      }),
      { numRuns: 100 },
    );
  });

  test("with respect to a value on the way, and to the input behind it, in one pass", () => {
    // s = sum(h * h * x) with h = tanh(x): ds/dh = 2 h x; ds/dx = h^2 + 2 h x (1 - h^2).
    const h = tanh(x);
    const scalar = sum(multiply(multiply(h, h), x));
    const [onH = h, onX = h] = gradients(scalar, [h, x]);
    const results = run({ onH, onX }, { x: vector(0.5, -2) });
    [0.5, -2].forEach((value, cell) => {
      const t = Math.tanh(value);
      expect(at(results.onH ?? [], cell)).toBeCloseTo(2 * t * value, 14);
      expect(at(results.onX ?? [], cell)).toBeCloseTo(t * t + 2 * t * value * (1 - t * t), 14);
    });
  });

  test("of looked-up rows, whose sum per row is the table's gradient", () => {
    const table = input("table", "float32", [3, 2]);
    const rows = gather(table, input("ids", "int32", ["n"]));
    const scalar = reduceSum(multiply(rows, rows), [0, 1]);
    const [onRows = rows, onTable = rows] = gradients(scalar, [rows, table]);
    const results = run(
      { onRows, onTable },
      {
        table: tensorValue(Float64Array.of(1, 2, 3, 4, 5, 6), [3, 2]),
        ids: tensorValue(Int32Array.of(2, 0, 2), [3]),
      },
    );
    expect(results.onRows).toEqual([10, 12, 2, 4, 10, 12]);
    expect(results.onTable).toEqual([2, 4, 0, 0, 20, 24]);
  });

  test("a tensor that the scalar does not depend on gets zeros of its shape", () => {
    const other = input("other", "float32", ["n", 3]);
    const gradient = gradientOf(sum(x), other);
    expect(gradient.shape).toEqual(["n", 3]);
    expect(run({ gradient, kept: sum(x) }, { x: vector(1, 2) }).gradient).toEqual(
      new Array(6).fill(0),
    );
  });

  test("stopGradient keeps the value and cuts the way back", () => {
    const weight = stopGradient(exp(x));
    const scalar = sum(multiply(weight, x));
    const results = run({ weight, gradient: gradientOf(scalar, x) }, { x: vector(0.3, -1) });
    expect(results.weight).toEqual([0.3, -1].map(Math.exp));
    expect(results.gradient).toEqual(results.weight);
  });

  test("of the scalar itself is 1", () => {
    const scalar = sum(divide(x, x));
    expect(run({ gradient: gradientOf(scalar, scalar), x }, { x: vector(1) }).gradient).toEqual([
      1,
    ]);
  });

  test("refuses a way through an operation's by-products, whose part would be lost", () => {
    const rows = input("rows", "float32", ["n", 2]);
    const gain = input("gain", "float32", [2]);
    const scalar = reduceSum(exp(layerNorm(rows, gain, gain, 1e-5)), [0, 1]);
    const first = gradientOf(scalar, rows);
    expect(() => gradientOf(reduceSum(multiply(first, first), [0, 1]), rows)).toThrow(
      "gradients: output 1 of layerNorm has no gradient.",
    );
  });

  test("asks for a scalar", () => {
    expect(() => gradients(x, [x])).toThrow("gradients: needed a float32 scalar, got [n].");
  });
});
