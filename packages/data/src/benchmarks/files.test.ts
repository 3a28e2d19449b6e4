import { describe, expect, it } from "vitest";
import { rejectionOf, withFiles } from "../test-support.js";
import { rowCount } from "../text-table.js";
import { loadBenchmark } from "./registry.js";

const csv = (name: string, labels: readonly string[], count = 10): string =>
  `text,label\n${Array.from({ length: count }, (_, i) => `${name} ${i},${labels[i % labels.length]}`).join("\n")}\n`;
const contents = {
  "train.csv": csv("train", ["neg", "pos"]),
  "validation.csv": csv("validation", ["neg", "pos"]),
  "test.csv": csv("test", ["neg", "pos"]),
  "generated.csv": csv("generated", ["neg", "pos"], 40),
  "real.csv": csv("real", ["neg", "pos"], 100),
  "other.csv": csv("other", ["bad", "good"], 40),
};
const three = (path: (name: string) => string) => ({
  train: path("train.csv"),
  validation: path("validation.csv"),
  test: path("test.csv"),
});

describe("the benchmark files", () => {
  it("reads three real files and a generated one", () =>
    withFiles(contents, async (path) => {
      const { benchmark, notes } = await loadBenchmark("files", {
        name: "mine",
        ...three(path),
        generated: path("generated.csv"),
      });
      expect(benchmark.labelNames).toEqual(["neg", "pos"]);
      expect(rowCount(benchmark.generated)).toBe(40);
      expect(benchmark.test.text[0]).toBe("test 0");
      expect(notes).toHaveLength(4);
    }));

  it("divides one real file by shares, or by files of row indices", () =>
    withFiles(
      { ...contents, "a.json": "[0,1]", "b.json": "[2,3]", "c.json": "[5,4]" },
      async (path) => {
        const one = { real: path("real.csv"), generated: path("generated.csv") };
        const { benchmark } = await loadBenchmark("files", { ...one, splitSeed: 3 });
        expect([benchmark.train, benchmark.validation, benchmark.test].map(rowCount)).toEqual([
          70, 10, 20,
        ]);
        const rows = { train: path("a.json"), validation: path("b.json"), test: path("c.json") };
        const chosen = await loadBenchmark("files", { ...one, rows });
        expect(chosen.benchmark.test.text).toEqual(["real 5", "real 4"]);
      },
    ));

  it("says which label is where when real and generated differ, and takes a map", () =>
    withFiles(contents, async (path) => {
      const options = { ...three(path), generated: path("other.csv") };
      const { message } = await rejectionOf(loadBenchmark("files", options));
      expect(message).toMatch(/only in the real rows \(.*train\.csv.*\): "neg", "pos"/);
      expect(message).toMatch(/only in the generated rows \(.*other\.csv\): "bad", "good"/);
      const labelMap = { bad: "neg", good: "pos" };
      const { benchmark } = await loadBenchmark("files", { ...options, labelMap });
      expect([...benchmark.generated.label.slice(0, 2)]).toEqual([0, 1]);
    }));

  it("says which real rows are missing, of which benchmark", async () => {
    const options = { name: "mine", train: "a.csv", test: "b.csv", generated: "c.csv" };
    await expect(loadBenchmark("files", options)).rejects.toThrow(
      "benchmark mine: real rows are missing: no validation. Give train, validation and test;",
    );
  });

  it("takes the user's weights of generated rows, and of no others", () => {
    const weighted = `text,label,w\n${Array.from({ length: 8 }, (_, i) => `g ${i},${i % 2 === 0 ? "neg" : "pos"},${i / 4}`).join("\n")}\n`;
    return withFiles({ ...contents, "weighted.csv": weighted }, async (path) => {
      const options = { ...three(path), generated: path("weighted.csv") };
      const { benchmark } = await loadBenchmark("files", {
        ...options,
        generatedColumns: { weight: "w" },
      });
      expect([...(benchmark.generated.weight ?? [])]).toEqual([
        0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75,
      ]);
      expect(benchmark.generated.skipped).toEqual([{ row: 1, reason: "weight 0" }]);
      expect(benchmark.train.weight).toBeUndefined();
      expect((await loadBenchmark("files", options)).benchmark.generated.weight).toBeUndefined();
      const refused = loadBenchmark("files", { ...options, columns: { weight: "w" } });
      expect((await rejectionOf(refused)).message).toContain("under generatedColumns");
    });
  });

  it("stops on texts shared with test unless allowed by name", () =>
    withFiles(contents, async (path) => {
      const options = {
        ...three(path),
        validation: path("test.csv"),
        generated: path("generated.csv"),
      };
      const { message } = await rejectionOf(loadBenchmark("files", options));
      expect(message).toContain("test and validation share 10 texts");
      await loadBenchmark("files", { ...options, allowSharedText: ["validation"] });
    }));

  it.each([
    [{ train: "a", generated: "g" }, "real rows are missing"],
    [{ real: "a", test: "b", generated: "g" }, "real is given beside"],
    [{ real: "a", rows: {}, splitSeed: 1, generated: "g" }, "rows is given beside"],
    [{ real: "a", shares: { train: 1 }, generated: "g" }, "validation is missing"],
    [{ real: "a" }, "generated is missing"],
    [{ real: "a", generated: "g", columns: { texts: "t" } }, 'Did you mean "text"?'],
    [{ real: "a", generated: "g", skipEmpty: "yes" }, "needed true or false"],
    [{ real: "a", generated: "g", drop: ["duplicate"] }, 'Did you mean "duplicates"?'],
    [{ real: "a", generated: "g", allowSharedText: ["test"] }, "needed one of"],
    [{ real: "a", generated: "g", format: "xlsx" }, "needed one of"],
    [{ real: "a", generated: "g", labelMap: { x: null } }, '"x" has no class name'],
    [{ real: "a", generated: "g", seed: 3 }, 'unknown option "seed"'],
  ])("refuses %j", async (options, problem) => {
    const error = await rejectionOf(loadBenchmark("files", options));
    expect(error.kind).toBe("spec");
    expect(error.message).toContain(problem);
  });
});
