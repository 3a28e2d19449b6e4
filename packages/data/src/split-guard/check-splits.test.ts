import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readMixtral } from "../benchmarks/financial-phrasebank-files.js";
import { readTweetIronyGenerated } from "../benchmarks/tweet-irony.js";
import { errorOf } from "../test-support.js";
import { checkSplits } from "./check-splits.js";
import { findSharedTexts, type SplitReport } from "./report.js";
import { benchmarkOf } from "./test-benchmark.js";

describe("checkSplits", () => {
  const benchmark = benchmarkOf({
    train: [
      ["secret words", 0],
      ["other", 1],
    ],
    test: [
      ["secret words", 1],
      ["Plain text", 0],
    ],
    generated: [
      ["plain, text!", 1],
      ["g", 0],
      ["g", 0],
    ],
  });

  it("stops at an exact text of test, with counts and rows, unless its role is allowed", () => {
    const error = errorOf(() => checkSplits(benchmark));
    expect(error.kind).toBe("data");
    expect(error.message).toContain("test and train share 1 text (test rows 1 of test.csv");
    expect(error.message).toContain("allowSharedText: [train]");
    expect(() => checkSplits(benchmark, { allowSharedText: ["generated"] })).toThrow("train");
    expect(() => checkSplits(benchmark, { allowSharedText: ["train"] })).not.toThrow();
  });

  it("reports the rest in sentences without texts, test first", () => {
    const { notes, report } = checkSplits(benchmark, { allowSharedText: ["train"] });
    expect(notes).toEqual([
      "test and train: 1 text equal (1 and 1 row), 1 of them with different labels (rows 1 and 1).",
      "test and generated: 1 text equal but for case, spacing or punctuation (1 and 1 row), 1 of them with different labels (rows 2 and 1).",
      "within generated: 1 text in 2 rows equal.",
    ]);
    expect(JSON.stringify({ notes, report })).not.toMatch(/secret|plain/i);
  });

  it("has nothing to say of clean splits", () => {
    expect(checkSplits(benchmarkOf({ test: ["a"], train: ["b"] })).notes).toEqual([]);
  });
});

interface Published {
  readonly rows: number;
  readonly exact: number;
  readonly normalised: number;
  readonly nearPairs: number;
  readonly nearTexts: number;
}
const assets = process.env.COUNTERWEIGHT_ASSETS ?? "";

describe.skipIf(!assets)("published data (needs COUNTERWEIGHT_ASSETS)", () => {
  const golden: { published: Record<string, Published> } = JSON.parse(
    readFileSync(new URL("../../golden/split-guard.json", import.meta.url), "utf8"),
  );
  const bank = join(assets, "data/financial-phrasebank");
  const sentences = (name: string): string[] =>
    readFileSync(join(bank, "real", name), "latin1")
      .split(/\r?\n/)
      .filter((line) => line !== "")
      .map((line) => line.slice(0, line.lastIndexOf("@")).trim());
  const within = (report: SplitReport, level: string) =>
    report.shared.find((entry) => entry.level === level);

  /** Against all pairs compared by Python (scripts/golden/split-guard.py). */
  function agrees(report: SplitReport, published: Published | undefined): void {
    expect(report.rows.generated).toBe(published?.rows);
    expect(report.distinct.exact).toBe(published?.exact);
    expect(report.distinct.normalised).toBe(published?.normalised);
    const near = within(report, "near");
    expect(near?.texts[0]).toBeLessThanOrEqual(published?.nearTexts ?? 0);
    expect(near?.links).toBeLessThanOrEqual(published?.nearPairs ?? 0);
    expect(near?.texts[0]).toBeGreaterThanOrEqual(0.98 * (published?.nearTexts ?? 0));
  }

  it.each(["gpt-3.5-turbo_zero-shot", "gpt-3.5-turbo_few-shot"] as const)(
    "finds the duplicates of %s",
    async (name) => {
      const { table } = await readTweetIronyGenerated(join(assets, "data/tweet-irony"), name);
      const report = findSharedTexts({ ...benchmarkOf({}), generated: table });
      agrees(report, golden.published[name]);
      const exact = within(report, "exact");
      // As many links as rows beyond the first of their text.
      expect(exact?.links).toBe(report.rows.generated - report.distinct.exact);
    },
    300_000,
  );

  it("finds the duplicates of Sentences_50Agree", () => {
    const generated = sentences("Sentences_50Agree.txt");
    agrees(findSharedTexts(benchmarkOf({ generated })), golden.published.Sentences_50Agree);
  }, 300_000);

  it("finds that the rows Mixtral labelled are a partition of Sentences_AllAgree", async () => {
    const [train, test] = await Promise.all([
      readMixtral(bank, "train", "label_experts"),
      readMixtral(bank, "test", "label_experts"),
    ]);
    const benchmark = {
      ...benchmarkOf({}),
      train: train.table,
      test: test.table,
      generated: benchmarkOf({ generated: sentences("Sentences_AllAgree.txt") }).generated,
    };
    expect(() => checkSplits(benchmark)).toThrow("test and generated share");
    const { shared } = findSharedTexts(benchmark, { near: "off" });
    const rows = (role: string): number =>
      shared
        .filter(({ roles }) => roles[0] === role && roles[1] === "generated")
        .reduce((sum, entry) => sum + entry.rows[0], 0);
    expect([rows("train"), rows("test")]).toEqual([1811, 453]);
  }, 300_000);
});
