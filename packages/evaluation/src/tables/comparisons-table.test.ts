import { at } from "@counterweight/base";
import { describe, expect, it } from "vitest";
import { aggregate } from "../aggregate.js";
import { calibrationSummary } from "../calibration-summary.js";
import { compareMethods } from "../compare-methods.js";
import type { MethodComparisons } from "../comparison.js";
import { sampleProbabilities } from "../report/sample-extras.js";
import type { TrialResult } from "../results.js";
import { calibrationTable } from "./calibration-table.js";
import { comparisonLines, comparisonsTable, formatP } from "./comparisons-table.js";
import { resultsTable } from "./results-table.js";
import { tableToLatex } from "./table-to-latex.js";
import { tableToMarkdown } from "./table-to-markdown.js";
import { tableToText } from "./table-to-text.js";

const testLabels = Int32Array.from({ length: 300 }, (_, row) => row % 2);
const trial = (method: string, seed: number, mistakes: number): TrialResult => ({
  benchmark: "toy",
  method,
  seed,
  labelNames: ["no", "yes"],
  testLabels,
  predictions: testLabels.map((label, row) =>
    (row * 7 + 3 * seed + (method === "imp" ? 100 : 0)) % 300 < mistakes ? 1 - label : label,
  ),
});
const trials = [0, 1].flatMap((seed) => [
  trial("ce", seed, 60),
  trial("imp", seed, 58),
  trial("dimp", seed, 20),
]);
const compared = compareMethods(trials, { resamples: 500 });

/** The same comparisons with numbers chosen to be read. */
const chosen: MethodComparisons = {
  ...compared,
  rows: compared.rows.map((row, place) => ({
    ...row,
    ...at(
      [
        { difference: 0.3, low: -1.12, high: 1.84, p: 0.3, pAdjusted: 0.65 },
        { difference: 2.62, low: 0.41, high: 4.9, p: 0.01, pAdjusted: 0.0301 },
        { difference: -2.6, low: -4.9, high: -0.04, p: 0.0002, pAdjusted: 0.0004 },
      ],
      place,
    ),
    verdict: at(["not distinguishable", "A better", "B better"] as const, place),
  })),
};

describe("comparisons in print", () => {
  it("as lines for a terminal", () => {
    expect(comparisonLines(chosen)).toEqual([
      "toy; accuracy, difference in points; 95 % intervals by paired bootstrap over test rows, jointly across seeds (500 resamples, seed 0); p-values corrected by Holm over 3 comparisons, intervals not",
      "imp vs ce: not distinguishable (+0.3 points, −1.1 to 1.8, p = 0.65)",
      "dimp vs ce: +2.6 points (0.4 to 4.9), p = 0.030 (Holm)",
      "dimp vs imp: −2.6 points (−4.9 to 0.0), p < 0.001 (Holm)",
    ]);
    const uncorrected = comparisonLines({ ...chosen, correction: "none" });
    expect(at(uncorrected, 0)).toContain("p-values not corrected");
  });

  it("as a table with the finding in words, in each format", () => {
    const table = comparisonsTable(chosen);
    expect(table.rows.map((row) => row.at(-1))).toEqual([
      "not distinguishable",
      "dimp better",
      "imp better",
    ]);
    expect(tableToText(table)).toContain("−1.12 to 1.84");
    expect(tableToMarkdown(table)).toContain("| not distinguishable |");
    expect(tableToLatex(table)).toContain("$-$1.12 to 1.84");
    expect(tableToLatex(table)).toContain("$<$ 0.001");
    expect(tableToLatex(table)).not.toContain("−");
  });

  it("names conditions where there are several", () => {
    const two = compareMethods(
      [...trials, ...trials.map((one) => ({ ...one, benchmark: "other" }))],
      { resamples: 100 },
    );
    expect(comparisonsTable(two).rows.map((row) => row[2])).toEqual([
      ...["toy", "toy", "toy"],
      ...["other", "other", "other"],
    ]);
    expect(at(comparisonLines(two), 6)).toMatch(/^other: dimp vs imp: /);
  });

  it("writes p-values so that none is 0 and none hides which side of the level it is on", () => {
    expect([0.0002, 0.001, 0.0301, 0.0496, 0.0504, 0.0996, 0.42, 1].map(formatP)).toEqual([
      "< 0.001",
      "0.001",
      "0.030",
      "0.050",
      "0.050",
      "0.10",
      "0.42",
      "1.00",
    ]);
  });
});

describe("bold in the results table", () => {
  const rows = aggregate(trials, { resamples: 50 });

  it("marks the best where it was told apart from the second, and only there", () => {
    const table = resultsTable(rows, { comparisons: [compared] });
    expect(at(compared.rows, 2)).toMatchObject({ methodA: "dimp", verdict: "A better" });
    expect(table.strong).toEqual([[2, 1]]);
    expect(tableToMarkdown(table)).toMatch(/\| dimp \| \*\*9\d\.\d\d ± \d\.\d\d\*\* \|/);
    expect(tableToLatex(table)).toMatch(/dimp & \\textbf\{9\d\.\d\d \$\\pm\$ \d\.\d\d\} &/);
    expect(tableToText(table)).not.toContain("*");
  });

  it("marks none where they were not distinguishable, or not compared", () => {
    const close = trials.filter(({ method }) => method !== "dimp");
    const found = compareMethods(close, { resamples: 200 });
    expect(at(found.rows, 0).verdict).toBe("not distinguishable");
    const closeRows = aggregate(close, { resamples: 50 });
    expect(resultsTable(closeRows, { comparisons: [found] }).strong).toBeUndefined();
    expect(resultsTable(rows).strong).toBeUndefined();
  });

  it("finds the macro-F1 column behind a closed form, in every condition", () => {
    const both = [...trials, ...trials.map((one) => ({ ...one, benchmark: "other" }))];
    const table = resultsTable(
      aggregate(both, { resamples: 50 }).map((row) =>
        row.benchmark === "toy" ? { ...row, closedFormAccuracy: 0.9 } : row,
      ),
      { comparisons: [compareMethods(both, { metric: "macroF1", resamples: 1000 })] },
    );
    const titles = (table.strong ?? []).map(([, column]) => at(table.columns, column));
    expect(titles.map(({ title, group }) => `${group}: ${title}`)).toEqual([
      "toy: macro-F1",
      "other: macro-F1",
    ]);
  });
});

describe("calibration in print", () => {
  it("has columns after scaling only where something was scaled", () => {
    const plain = calibrationSummary(trials.map(sampleProbabilities));
    expect(calibrationTable(plain).columns.map(({ title }) => title)).toEqual([
      "method",
      "ECE (%)",
      "Brier",
      "log-loss (nats)",
      "seeds",
    ]);
    const checker = [0, 1].map((seed) => trial("quality-checker", seed, 50));
    const scaled = calibrationSummary([...trials, ...checker].map(sampleProbabilities));
    const table = calibrationTable(scaled);
    expect(table.columns.map(({ group }) => group ?? "").filter(Boolean)).toEqual([
      ...new Array(3).fill("as trained"),
      ...new Array(3).fill("temperature-scaled"),
    ]);
    expect(at(table.rows, 0)[4]).toBe("");
    expect(at(table.rows, 3)[7]).toMatch(/^(1\.9|2\.0)\d ± 0\.\d\d$/);
  });
});

describe("resamples too few to tell anything", () => {
  it("are named where no p-value can fall below the level, and only there", () => {
    // Three comparisons by Holm: 3 * 2 / (R + 1) must be below 0.05.
    for (const [resamples, few] of [
      [100, true],
      [118, true],
      [120, false],
    ] as const) {
      const line = at(comparisonLines(compareMethods(trials, { resamples })), 0);
      expect(line.includes("too few resamples"), `${resamples}`).toBe(few);
    }
  });
});
