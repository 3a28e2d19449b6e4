import { expect, test } from "vitest";
import { input } from "../tensor.js";
import { add } from "./elementwise.js";
import { linear, matmul } from "./matmul.js";
import { layerNorm, softmax } from "./normalise.js";
import { pack, unpack } from "./pack.js";
import { meanOfLast, reduceSum } from "./reduce.js";
import { gather, oneHot, pick, scatterAdd } from "./rows.js";
import { concatenate, reshape, slice, transpose } from "./shape.js";

const x = input("x", "float32", ["rows", 3]);
const square = input("square", "float32", [3, 3]);
const vector = input("vector", "float32", [4]);
const ids = input("ids", "int32", ["rows"]);
const cells = input("cells", "int32", ["cells"]);

/** Every message names the operation, what it needed, and what it got. */
const mistakes: readonly [string, () => unknown, string][] = [
  ["add", () => add(x, vector), "shapes that broadcast, got [rows, 3] and [4]"],
  ["add", () => add(x, ids), "float32 inputs, got int32"],
  [
    "matmul",
    () => matmul(x, vector),
    "two matrices or stacks of equal rank, got [rows, 3] and [4]",
  ],
  [
    "matmul",
    () => matmul(x, x, { transposeLeft: true, transposeRight: true }),
    "[..., m, k] times [..., k, n], got [3, rows] times [3, rows]",
  ],
  [
    "linear",
    () => linear(x, square, vector),
    "x [n, in], weight [out, in], bias [out], got [rows, 3], [3, 3], [4]",
  ],
  [
    "layerNorm",
    () => layerNorm(x, vector, vector, 1e-12),
    "x [n, width], gain [width], bias [width], got [rows, 3], [4], [4]",
  ],
  ["softmax", () => softmax(input("s", "float32", [])), "a last axis, got []"],
  ["reduceSum", () => reduceSum(x, [2]), "axes inside 0..1, got [2]"],
  ["reduceSum", () => reduceSum(x, []), "axes inside 0..1, got []"],
  ["reshape", () => reshape(x, ["rows", 4]), "as many cells as [rows, 3], got [rows, 4]"],
  ["transpose", () => transpose(x, [1, 1]), "a permutation of 2 axes, got [1, 1]"],
  ["concatenate", () => concatenate([square, vector]), "parts like [3, 3], got [4]"],
  ["concatenate", () => concatenate([x, x]), "a known first size, got [rows, 3]"],
  ["slice", () => slice(square, 1, 4), "a range inside axis 0, got 1..4 of [3, 3]"],
  ["slice", () => slice(x, 0, 1), "a range inside axis 0, got 0..1 of [rows, 3]"],
  ["gather", () => gather(x, vector), "an int32 index [n], got float32 [4]"],
  ["scatterAdd", () => scatterAdd(x, cells, 5), "one index a row, got [rows, 3] and [cells]"],
  ["oneHot", () => oneHot(vector, 3), "an int32 index [n], got float32 [4]"],
  ["pick", () => pick(x, cells), "x [n, classes] and an index [n], got [rows, 3] and [cells]"],
  [
    "pack",
    () => pack(x, ids, cells),
    "x [n, ...] and two indices [n], [m], got [rows, 3], [cells]",
  ],
  ["unpack", () => unpack(x, cells, ids), "x [n, ...] and two indices [n], [m], got [rows, 3]"],
  ["meanOfLast", () => meanOfLast(ids), "a known last size, got rows"],
];

test.each(mistakes)("%s: %#", (operation, build, message) => {
  expect(build).toThrow(
    expect.objectContaining({
      kind: "shape",
      where: operation,
      message: expect.stringContaining(`${operation}: needed ${message}`),
    }),
  );
});
