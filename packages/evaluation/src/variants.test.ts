import { randomStream } from "@counterweight/base";
import { describe, expect, it } from "vitest";
import { aggregate } from "./aggregate.js";
import { compareMethods } from "./compare-methods.js";
import { fractionFigures } from "./report/fraction-figure.js";
import { renderReport } from "./report/render-report.js";
import { sampleReport } from "./report/sample-report.js";
import type { Condition, TrialResult } from "./results.js";
import { resultsBySeed } from "./results-by-seed.js";
import { comparisonLines, comparisonsTable } from "./tables/comparisons-table.js";
import { resultsToCsv } from "./tables/results-files.js";
import { resultsTable } from "./tables/results-table.js";

const labels = Int32Array.from({ length: 300 }, (_, row) => row % 2);

/** A trial that is right with a probability of its own. */
function trial(condition: Condition, method: string, seed: number): TrialResult {
  const random = randomStream("variants", JSON.stringify(condition), method, seed);
  const right = method === "dimp" ? 0.95 : 0.6;
  return {
    ...condition,
    method,
    seed,
    labelNames: ["no", "yes"],
    testLabels: labels,
    predictions: labels.map((label) => (random.float() < right ? label : 1 - label)),
  };
}
const trials = (conditions: readonly Condition[]): TrialResult[] =>
  conditions.flatMap((condition) =>
    ["ce", "dimp"].flatMap((method) => [0, 1].map((seed) => trial(condition, method, seed))),
  );
const over = (variants: readonly string[], fractions: readonly number[]): Condition[] =>
  variants.flatMap((variant) =>
    fractions.map((checkerFraction) => ({ benchmark: "toy", checkerFraction, variant })),
  );
const options = { resamples: 200 };

describe("variants", () => {
  const swept = trials(over(["rate=1", "rate=2"], [0.1, 1]));
  const rows = aggregate(swept, options);

  it("are grouped apart, and every number is that of the variant alone", () => {
    expect(rows).toHaveLength(2 * 2 * 2);
    for (const variant of ["rate=1", "rate=2"]) {
      const own = swept.filter((one) => one.variant === variant);
      expect(aggregate(own, options)).toEqual(rows.filter((row) => row.variant === variant));
    }
    expect(resultsBySeed(rows)).toHaveLength(swept.length);
  });

  it("are a column of tables and of the CSV file", () => {
    const [header = "", first = ""] = resultsToCsv(rows).split("\n");
    expect(header.split(",").slice(0, 6)).toEqual([
      "method",
      "benchmark",
      "generated",
      "checker_fraction",
      "variant",
      "seeds",
    ]);
    expect(first).toContain("rate=1");
    const table = resultsTable(rows);
    expect(table.columns.slice(0, 2).map(({ title }) => title)).toEqual(["method", "variant"]);
    expect(table.rows.map((row) => row.slice(0, 2))).toEqual([
      ["ce", "rate=1"],
      ["dimp", "rate=1"],
      ["ce", "rate=2"],
      ["dimp", "rate=2"],
    ]);
  });

  it("are compared within themselves, and the best is told apart in each", () => {
    const comparisons = compareMethods(swept, options);
    expect(comparisons.rows).toHaveLength(4);
    for (const row of comparisons.rows) expect(row.variant).toMatch(/^rate=[12]$/);
    expect(comparisonLines(comparisons)[1]).toContain("rate=1: dimp vs ce");
    expect(comparisonsTable(comparisons).columns[2]?.title).toBe("on");
    const strong = resultsTable(rows, { comparisons: [comparisons] }).strong ?? [];
    // Two variants, two fractions: dimp in row 1 and in row 3.
    expect(strong.map(([row]) => row).sort()).toEqual([1, 1, 3, 3]);
  });

  it("that have no name leave every output as it was", () => {
    const unnamed = trials([{ benchmark: "toy", checkerFraction: 0.1 }]);
    const empty = unnamed.map((one) => ({ ...one, variant: "" }));
    const [before, after] = [unnamed, empty].map((all) => {
      const results = aggregate(all, options);
      const comparisons = compareMethods(all, options);
      return {
        results,
        comparisons,
        csv: resultsToCsv(results),
        table: resultsTable(results, { comparisons: [comparisons] }),
        lines: comparisonLines(comparisons),
        page: renderReport({ ...sampleReport({ seeds: 1 }), results, comparisons: [comparisons] }),
      };
    });
    expect(JSON.stringify(after)).toBe(JSON.stringify(before));
    expect(after?.csv).not.toContain("variant");
  });
});

describe("the figure of fractions", () => {
  const rows = aggregate(trials(over(["", "rate=2"], [1, 0.1, 0.35])), options);

  it("is one of each variant, its points the rows' mean and range, ascending", () => {
    const figures = fractionFigures(rows);
    expect(figures.map(({ title }) => title)).toEqual(["toy", "toy, rate=2"]);
    for (const { svg } of figures) {
      expect(svg).toMatch(/^<svg xmlns/);
      expect(svg).toContain("prefers-color-scheme: dark");
      for (const label of ["ce", "dimp"]) expect(svg).toContain(`>${label}</text>`);
      // Three points on each of two lines.
      expect(svg.match(/var\(--method-/g)?.length).toBeGreaterThanOrEqual(2 * (1 + 1 + 3));
    }
    expect(fractionFigures(rows)).toEqual(figures);
  });

  it("is in the report where there are two fractions or more", () => {
    const page = renderReport({ ...sampleReport({ seeds: 1 }), results: rows });
    expect(page).toContain('<section id="fractions">');
    expect(page).toContain('aria-label="Test accuracy by checker fraction, toy, rate=2"');
    expect(page).toContain("2 training seeds a point.");
    const one = rows.filter(({ checkerFraction }) => checkerFraction === 1);
    expect(renderReport({ ...sampleReport({ seeds: 1 }), results: one })).not.toContain(
      "Checker fractions",
    );
    expect(fractionFigures(one)).toEqual([]);
  });

  it("draws a method without a fraction as good at each", () => {
    const flat = rows
      .filter(({ variant }) => variant === undefined)
      .filter(({ method, checkerFraction }) => method === "dimp" || checkerFraction === 1)
      .map(({ checkerFraction, ...row }) =>
        row.method === "ce" || checkerFraction === undefined ? row : { ...row, checkerFraction },
      );
    expect(fractionFigures(flat)[0]?.svg).toContain(">ce</text>");
  });
});
