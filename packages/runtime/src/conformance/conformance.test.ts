import { at, type Random, randomStream } from "@counterweight/base";
import {
  cellCount,
  evaluate,
  gradients,
  input,
  multiply,
  type OperationName,
  type Program,
  program,
  reduceSum,
  scatterAdd,
  type Tensor,
  type TensorValue,
} from "@counterweight/graph";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { onnxRuntime } from "../onnx-runtime.js";
import { referenceRuntime } from "../reference-runtime.js";
import type { Runtime } from "../runtime.js";
import type { Case } from "./case.js";
import { cases } from "./cases.js";

interface Bench {
  readonly program: Program;
  readonly values: Record<string, TensorValue>;
}

/** The operation's output, a random projection of it to a scalar, and the scalar's gradients. */
function benchOf(item: Case, random: Random): Bench {
  const tensors: Record<string, Tensor> = {};
  const values: Record<string, TensorValue> = {};
  for (const [name, { shape, value }] of Object.entries(item.inputs)) {
    tensors[name] = input(name, value.data instanceof Int32Array ? "int32" : "float32", shape);
    values[name] = value;
  }
  const output = item.build(tensors);
  const shape = evaluate(program("shape", { output }), values).output?.shape ?? [];
  values.projection = {
    shape,
    data: Float64Array.from({ length: cellCount(shape) }, () => Math.fround(random.normal())),
  };
  const axes = output.shape.map((_, axis) => axis);
  const product = multiply(output, input("projection", "float32", output.shape));
  const scalar = axes.length === 0 ? product : reduceSum(product, axes);
  const targets = item.differentiable.map((name) => tensors[name] as Tensor);
  const found = gradients(scalar, targets);
  const outputs: Record<string, Tensor> = { output, scalar };
  item.differentiable.forEach((name, index) => {
    outputs[`gradient:${name}`] = at(found, index);
  });
  return { program: program("case", outputs), values };
}

function expectClose(
  actual: TensorValue | undefined,
  wanted: TensorValue | undefined,
  tolerance: number,
  what: string,
): void {
  expect(actual?.shape, what).toEqual(wanted?.shape);
  const scale = Math.max(1, ...Array.from(wanted?.data ?? [], Math.abs));
  wanted?.data.forEach((value, cell) => {
    const difference = Math.abs((actual?.data[cell] ?? Number.NaN) - value);
    expect(
      difference <= tolerance * scale,
      `${what}[${cell}]: ${actual?.data[cell]} for ${value}`,
    ).toBe(true);
  });
}

const names = Object.keys(cases) as OperationName[];
const seeds = fc.integer({ min: 0, max: 2 ** 30 });

function forRandomCases(
  name: OperationName,
  runs: number,
  check: (bench: Bench, item: Case) => Promise<void>,
): Promise<void> {
  return fc.assert(
    fc.asyncProperty(seeds, async (seed) => {
      const random = randomStream("conformance", name, seed);
      const item = cases[name](random);
      await check(benchOf(item, random), item);
    }),
    { numRuns: runs, seed: 20_261_121 },
  );
}

const runtimes: readonly Runtime[] = [onnxRuntime(), referenceRuntime()];

describe.each(runtimes)("$name", (runtime) => {
  test.each(names)("%s: value and gradient agree with the float64 reference", async (name) => {
    await forRandomCases(name, 25, async ({ program: bench, values }) => {
      const executable = await runtime.compile(bench);
      const wanted = evaluate(bench, values);
      const actual = await executable.run(values);
      for (const key of Object.keys(wanted)) expectClose(actual[key], wanted[key], 2e-5, key);
      await executable.release();
    });
  });

  test("writes outputs into the memory that is given", async () => {
    const x = input("x", "float32", ["n", 3]);
    const executable = await runtime.compile(program("double", { twice: multiply(x, x) }));
    for (const rows of [2, 5, 1]) {
      const data = Float32Array.from({ length: rows * 3 }, (_, cell) => cell);
      const twice: TensorValue = { shape: [rows, 3], data: new Float32Array(rows * 3) };
      const results = await executable.run({ x: { shape: [rows, 3], data } }, { twice });
      expect(results.twice).toBe(twice);
      expect([...twice.data]).toEqual([...data].map((value) => value * value));
    }
    await executable.release();
  });

  test("refuses memory that an output does not fit", async () => {
    const x = input("x", "float32", ["n", 3]);
    const executable = await runtime.compile(program("double", { twice: multiply(x, x) }));
    const inputs = { x: { shape: [2, 3], data: new Float32Array(6) } };
    const targets: TensorValue[] = [
      { shape: [1, 3], data: new Float32Array(3) },
      { shape: [6], data: new Float32Array(6) },
      { shape: [2, 3], data: new Float32Array(5) },
      { shape: [2, 3], data: new Float32Array(7) },
      { shape: [2, 3], data: new Float64Array(6) },
    ];
    for (const twice of targets) {
      await expect(executable.run(inputs, { twice })).rejects.toThrow(/"twice" must be .*\[2, 3\]/);
    }
    await executable.release();
  });

  test("reads its inputs as they are at each run", async () => {
    const x = input("x", "float32", [2]);
    const executable = await runtime.compile(program("double", { twice: multiply(x, x) }));
    for (const data of [new Float32Array(2), new Float64Array(2)]) {
      const value: TensorValue = { shape: [2], data };
      for (const number of [3, 5]) {
        data.fill(number);
        const { twice } = await executable.run({ x: value });
        expect([...(twice?.data ?? [])]).toEqual([number ** 2, number ** 2]);
      }
    }
    await executable.release();
  });

  // Threads that share rows out without a lock lose updates here; small random cases never show it.
  test("sums thousands of repeated rows on two threads, the same every time", async () => {
    const [rows, width, given] = [3, 64, 4000];
    const updates = input("updates", "float32", ["given", width]);
    const index = input("index", "int32", ["given"]);
    const executable = await runtime.compile(
      program("sums", { sums: scatterAdd(updates, index, rows) }),
      { threads: 2 },
    );
    const random = randomStream("repeated rows");
    const values = {
      updates: { shape: [given, width], data: new Float32Array(given * width).fill(1) },
      index: {
        shape: [given],
        data: Int32Array.from({ length: given }, () => random.integer(rows)),
      },
    };
    for (let run = 0; run < 10; run++) {
      const { sums } = await executable.run(values);
      for (let row = 0; row < rows; row++) {
        const count = values.index.data.filter((value) => value === row).length;
        expect(
          sums?.data.subarray(row * width, (row + 1) * width).every((sum) => sum === count),
        ).toBe(true);
      }
    }
    await executable.release();
  });

  test("says which input does not fit", async () => {
    const x = input("x", "float32", ["n", 3]);
    const y = input("y", "float32", ["n", 3]);
    const executable = await runtime.compile(program("sum", { sum: multiply(x, y) }));
    const value = (rows: number): TensorValue => ({
      shape: [rows, 3],
      data: new Float32Array(rows * 3),
    });
    await expect(executable.run({ x: value(2), y: value(4) })).rejects.toThrow(
      /"y".*\[n, 3\].*\[4, 3\].*"n" is 2/,
    );
    await expect(executable.run({ x: value(2) })).rejects.toThrow(/"y" is missing/);
    await executable.release();
  });
});

describe("gradients against float64 central differences", () => {
  const differentiable = names.filter(
    (name) => cases[name](randomStream(name)).differentiable.length > 0,
  );
  test.each(differentiable)("%s", async (name) => {
    await forRandomCases(name, 40, async ({ program: bench, values }, item) => {
      const results = evaluate(bench, values);
      for (const key of item.differentiable) {
        const value = values[key] as TensorValue;
        const gradient = results[`gradient:${key}`];
        const numeric = Float64Array.from(value.data, (_, cell) => {
          const step = 1e-5;
          const at = (shift: number): number => {
            const data = Float64Array.from(value.data);
            data[cell] = (data[cell] ?? 0) + shift;
            return (
              evaluate(bench, { ...values, [key]: { ...value, data } }).scalar?.data[0] ??
              Number.NaN
            );
          };
          return (at(step) - at(-step)) / (2 * step);
        });
        expectClose(gradient, { shape: value.shape, data: numeric }, 1e-6, `d/d${key}`);
      }
    });
  });
});
