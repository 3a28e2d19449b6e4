import { at } from "@counterweight/base";
import { describe, expect, test } from "vitest";
import { gradients } from "./autodiff.js";
import { writeOnnx } from "./onnx/write.js";
import { add, multiply, scale } from "./ops/elementwise.js";
import { reduceSum } from "./ops/reduce.js";
import { exp, tanh } from "./ops/unary.js";
import { bindSizes, program } from "./program.js";
import { evaluate } from "./reference.js";
import { input, type Tensor } from "./tensor.js";
import { tensorValue } from "./value.js";

const x = input("x", "float32", ["rows", 2]);

describe("program", () => {
  test("keeps what the outputs need and nothing else", () => {
    const unused = input("unused", "float32", ["rows", 2]);
    const dead = exp(add(x, unused));
    const kept = tanh(x);
    const result = program("kept", { kept });
    expect(result.nodes).toEqual([kept.node]);
    expect(result.nodes).not.toContain(dead.node);
    expect(result.inputs.map(({ name }) => name)).toEqual(["x"]);
  });

  test("lists every node once, after what it reads", () => {
    const shared = exp(x);
    const { nodes } = program("diamond", {
      product: multiply(tanh(shared), shared),
      sum: add(shared, x),
    });
    const place = new Map(nodes.map((node, index) => [node, index]));
    expect(place.size).toBe(nodes.length);
    for (const [index, node] of nodes.entries()) {
      for (const { node: before } of node.inputs) {
        if (before.operation.inputName === undefined) {
          expect(place.get(before)).toBeLessThan(index);
        }
      }
    }
  });

  test("refuses two inputs of one name", () => {
    const other = input("x", "float32", ["rows", 2]);
    expect(() => program("twice", { sum: add(x, other) })).toThrow(
      expect.objectContaining({ kind: "shape", message: 'twice: two inputs are called "x".' }),
    );
    expect(() => program("same tensor", { sum: add(x, x) })).not.toThrow();
  });

  test("refuses an output that takes the name of an input that it is not", () => {
    expect(() => program("clash", { x: exp(x) })).toThrow(
      expect.objectContaining({
        kind: "shape",
        message: 'clash: an input and an output are both called "x".',
      }),
    );
    expect(() => program("passed through", { x, twice: scale(x, 2) })).not.toThrow();
  });

  test("graphs of 20,000 operations in a row are built, differentiated, run and written", () => {
    let deep: Tensor = x;
    for (let depth = 0; depth < 20_000; depth++) deep = scale(deep, depth % 2 === 0 ? 2 : 0.5);
    const [gradient = deep] = gradients(reduceSum(deep, [0, 1]), [x]);
    const whole = program("deep", { deep, gradient });
    expect(whole.nodes.length).toBeGreaterThan(40_000);
    const value = tensorValue(Float64Array.of(1, -3), [1, 2]);
    const results = evaluate(whole, { x: value });
    expect([...(results.deep?.data ?? [])]).toEqual([1, -3]);
    expect([...(results.gradient?.data ?? [])]).toEqual([1, 1]);
    expect(writeOnnx(whole).bytes.length).toBeGreaterThan(100_000);
  });
});

describe("bindSizes", () => {
  const y = input("y", "float32", ["longest", "rows"]);
  const cells = input("cells", "float32", ["2*longest*rows"]);
  const bound = program("bound", { x, y, cells });
  const shapes = { x: [3, 2], y: [4, 3], cells: [24] };

  test("reads named sizes off the inputs", () => {
    expect(Object.fromEntries(bindSizes(bound, shapes))).toEqual({ rows: 3, longest: 4 });
  });

  test.each([
    [{ x: undefined }, 'the input "x" is missing'],
    [{ x: [3] }, 'the input "x" needs [rows, 2], got [3]'],
    [{ x: [3, 5] }, 'the input "x" needs [rows, 2], got [3, 5]'],
    [{ y: [4, 9] }, 'the input "y" needs [longest, rows], got [4, 9], while "rows" is 3'],
    [{ cells: [23] }, 'the input "cells" needs 2*longest*rows = 24 cells, got 23'],
  ])("%o: %s", (change, message) => {
    expect(() => bindSizes(bound, { ...shapes, ...change })).toThrow(
      expect.objectContaining({ kind: "shape", message: `bound: ${message}.` }),
    );
  });

  test("every tensor of a result has the size that its shape says", () => {
    const values = {
      x: tensorValue(new Float64Array(6), [3, 2]),
      y: tensorValue(new Float64Array(12), [4, 3]),
      cells: tensorValue(new Float64Array(24), [24]),
    };
    for (const value of Object.values(evaluate(bound, values))) {
      expect(value.data).toHaveLength(value.shape.reduce((total, size) => total * size, 1));
    }
    expect(() => tensorValue(new Float64Array(5), [2, 3])).toThrow(
      "5 cells do not fill the shape [2, 3].",
    );
    expect(at(bound.outputs, 0).name).toBe("x");
  });
});
