import { describe, expect, it } from "vitest";
import type { Benchmark } from "./benchmark.js";
import { checkBenchmarkLabels, checkSharedText, findSharedText } from "./guards.js";
import { errorOf, tableOf } from "./test-support.js";
import type { TextTable } from "./text-table.js";

function benchmark(parts: Partial<Benchmark> = {}): Benchmark {
  const table = (name: string): TextTable => ({
    ...tableOf([
      [`${name} 0`, 0],
      [`${name} 1`, 1],
    ]),
    file: `${name}.csv`,
  });
  return {
    name: "b",
    labelNames: ["class0", "class1"],
    train: table("train"),
    validation: table("validation"),
    test: table("test"),
    generated: table("generated"),
    ...parts,
  };
}

describe("checkBenchmarkLabels", () => {
  it("accepts equal label sets", () => {
    expect(() => checkBenchmarkLabels(benchmark())).not.toThrow();
  });

  it("says which label is only where", () => {
    const generated = { ...tableOf([["g", 0]]), file: "generated.csv" };
    const error = errorOf(() => checkBenchmarkLabels(benchmark({ generated })));
    expect(error.message).toContain('only in the real rows (train.csv): "class1"');
    const real = (role: string): TextTable => tableOf([[role, 0]]);
    const parts = { train: real("r"), validation: real("v"), test: real("t") };
    expect(errorOf(() => checkBenchmarkLabels(benchmark(parts))).message).toContain(
      'only in the generated rows (generated.csv): "class1"',
    );
    const swapped = { ...benchmark().test, labelNames: ["class1", "class0"] };
    expect(errorOf(() => checkBenchmarkLabels(benchmark({ test: swapped }))).message).toContain(
      'the classes of test are "class1", "class0"',
    );
  });
});

describe("checkSharedText", () => {
  const test = tableOf([
    ["secret", 0],
    ["other", 1],
    ["secret", 0],
  ]);
  const train = {
    ...tableOf([
      ["x", 0],
      ["secret", 1],
    ]),
    file: "train.csv",
  };

  it("finds equal texts, whatever their labels, and counts them", () => {
    expect(findSharedText(benchmark())).toEqual([]);
    expect(findSharedText(benchmark({ test, train }))).toEqual([
      { role: "train", texts: 1, testRows: [1, 3], roleRows: [2] },
    ]);
  });

  it("compares both sentences of a pair", () => {
    const pair = (second: string): TextTable => ({ ...tableOf([["a", 0]]), textPair: [second] });
    const only = { validation: pair("v"), generated: pair("g") };
    expect(findSharedText(benchmark({ ...only, test: pair("b"), train: pair("c") }))).toEqual([]);
    expect(findSharedText(benchmark({ ...only, test: pair("b"), train: pair("b") }))).toHaveLength(
      1,
    );
  });

  it("stops with roles, counts and rows, never the text, unless allowed by name", () => {
    const shared = benchmark({
      test,
      train,
      generated: tableOf([
        ["other", 0],
        ["y", 1],
      ]),
    });
    const { message } = errorOf(() => checkSharedText(shared));
    expect(message).toContain(
      "test and train share 1 text (test rows 1, 3 of table.csv; train rows 2 of train.csv)",
    );
    expect(message).toContain("test and generated share 1 text");
    expect(message).toContain("allowSharedText: [train, generated]");
    expect(message).not.toContain("secret");
    expect(errorOf(() => checkSharedText(shared, ["train"])).message).not.toContain(
      "test and train",
    );
    expect(() => checkSharedText(shared, ["train", "generated"])).not.toThrow();
  });
});
