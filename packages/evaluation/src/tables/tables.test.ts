import { at } from "@counterweight/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aggregate } from "../aggregate.js";
import type { ResultRow, TrialResult } from "../results.js";
import { displayWidth, padCell } from "./display-width.js";
import { resultsToCsv, resultsToJson } from "./results-files.js";
import { formatScore, resultsTable } from "./results-table.js";
import type { Table } from "./table.js";
import { tableToCsv } from "./table-to-csv.js";
import { tableToLatex } from "./table-to-latex.js";
import { tableToMarkdown } from "./table-to-markdown.js";
import { tableToText } from "./table-to-text.js";

const testLabels = Int32Array.from({ length: 40 }, (_, row) => row % 2);
function results(
  benchmarks: readonly string[],
  methods = ["ce", "dimp"],
  seeds = [0, 1],
): ResultRow[] {
  const trials = benchmarks.flatMap((benchmark) =>
    methods.flatMap((method, index) =>
      seeds.map(
        (seed): TrialResult => ({
          benchmark,
          method,
          seed,
          labelNames: ["no", "yes"],
          testLabels,
          predictions: testLabels.map((label, row) =>
            (row + seed + index) % 5 === 0 ? 1 - label : label,
          ),
        }),
      ),
    ),
  );
  return aggregate(trials, { resamples: 100 });
}

const hostile: Table = {
  columns: [
    { title: "method", align: "left" },
    { title: "accuracy", align: "right", group: "日本語 | _x_" },
    { title: "macro-F1", align: "right", group: "日本語 | _x_" },
  ],
  rows: [
    ["a|b", "81.89 ± 0.42", "[1]"],
    ["cafe\u0301", "5%", "$x_1$"],
    ["\u001b[31mred", "", "<b>"],
  ],
};

describe("tableToText", () => {
  it("gives every line the same columns, whatever the letters", () => {
    const cell = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 8 }),
      fc.constantFrom("日本", "🙂", "é", "81.89 ± 0.42"),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), (rows) => {
        const table: Table = {
          columns: [
            { title: "a", align: "left" },
            { title: "end", align: "right" },
          ],
          rows: rows.map(([left, right]) => [left, `${right}|`]),
        };
        const lines = tableToText(table).trimEnd().split("\n");
        expect(lines).toHaveLength(rows.length + 2);
        const rule = displayWidth(at(lines, 1));
        for (const line of lines.slice(2)) expect(displayWidth(line)).toBe(rule);
      }),
    );
  });

  it("counts cells as a terminal does", () => {
    expect(["a", "日", "e\u0301", "🙂", "👩‍👩‍👧", "ｆ", "±", ""].map(displayWidth)).toEqual([
      1, 2, 1, 2, 2, 2, 1, 0,
    ]);
    expect(padCell("日", 4, "right")).toBe("  日");
    // A letter that nothing joins brings a plain text the long way, cell by cell.
    const plain = fc.array(fc.integer({ min: 0x20, max: 0x7e }));
    fc.assert(
      fc.property(plain, (codes) => {
        const text = String.fromCharCode(...codes);
        expect(displayWidth(text)).toBe(displayWidth(`${text}日`) - 2);
      }),
    );
  });

  it("takes more rows than a call takes arguments", () => {
    const columns: Table["columns"] = [{ title: "n", align: "right" }];
    const rows = Array.from({ length: 200_000 }, (_, row) => [String(row)]);
    expect(tableToText({ columns, rows }).split("\n")[1]).toBe("──────");
  });

  it("lets no escape sequence through", () => {
    expect(tableToText(hostile)).not.toContain("\u001b");
    expect(tableToText(hostile)).toContain("[U+001B][31mred");
  });
});

describe("resultsTable", () => {
  it("has a row a method and, with one benchmark, intervals; the cell is mean ± sd in percent", () => {
    const rows = results(["toy"]);
    const table = resultsTable(rows);
    expect(table.columns.map(({ title }) => title)).toEqual([
      "method",
      "accuracy",
      "95 % interval",
      "macro-F1",
      "95 % interval",
      "seeds",
    ]);
    expect(table.rows).toHaveLength(2);
    const first = at(rows, 0).accuracy;
    expect(at(at(table.rows, 0), 1)).toBe(
      `${(100 * first.mean).toFixed(2)} ± ${(100 * (first.standardDeviation ?? Number.NaN)).toFixed(2)}`,
    );
    expect(at(at(table.rows, 0), 5)).toBe("2");
    expect(table.caption).toContain("toy");
  });

  it("names a benchmark once where its generated rows have no name of their own", () => {
    const own = results(["toy"]).map((row) => ({ ...row, generated: "toy", checkerFraction: 1 }));
    expect(resultsTable(own).caption).toMatch(/^toy, quality checker on 100 % of real rows; /);
    const other = own.map((row) => ({ ...row, generated: "zero-shot" }));
    expect(resultsTable(other).caption).toMatch(/^toy, zero-shot, quality checker/);
  });

  it("groups columns by benchmark and leaves what was not run empty", () => {
    const all = results(["toy", "tweets"]);
    const table = resultsTable(all.filter((row) => row.method === "ce" || row.benchmark === "toy"));
    expect(table.columns.map(({ group }) => group)).toEqual([
      undefined,
      "toy",
      "toy",
      "tweets",
      "tweets",
      undefined,
    ]);
    expect(at(table.rows, 1).slice(3, 5)).toEqual(["", ""]);
  });

  it("shows the closed form beside the measured accuracy where there is one", () => {
    const rows = results(["toy"]).map((row) => ({ ...row, closedFormAccuracy: 0.875 }));
    const table = resultsTable(rows);
    const place = table.columns.findIndex(({ title }) => title === "closed form");
    expect(table.rows.map((row) => row[place])).toEqual(["87.50", "87.50"]);
  });

  it("writes one seed without a spread", () => {
    expect(formatScore({ mean: 0.8189, values: [0.8189] })).toBe("81.89");
  });
});

describe("table formats", () => {
  it("Markdown keeps its number of cells", () => {
    const lines = tableToMarkdown(hostile).trimEnd().split("\n");
    for (const line of lines) {
      expect(line.replaceAll(/\\./g, "").split("|")).toHaveLength(hostile.columns.length + 2);
    }
    expect(tableToMarkdown(hostile)).toContain("\\<b\\>");
  });

  it("LaTeX escapes its special characters and pairs its groups", () => {
    const latex = tableToLatex(hostile);
    expect(latex).toContain("\\multicolumn{2}{c}{日本語 \\textbar{} \\_x\\_}");
    expect(latex).toContain("\\cmidrule(lr){2-3}");
    expect(latex).toContain("81.89 $\\pm$ 0.42");
    expect(latex).toContain("5\\%");
    expect(latex).toContain("\\$x\\_1\\$");
    expect(latex).toContain("{[}1{]}");
    const rows = latex.split("\n").filter((line) => line.endsWith("\\\\"));
    for (const row of rows.slice(1)) expect(row.replaceAll("\\&", "").split("&")).toHaveLength(3);
  });

  it("CSV quotes, and JSON gives the rows back", () => {
    expect(tableToCsv(hostile).split("\n")[1]).toBe("a|b,81.89 ± 0.42,[1]");
    const rows = results(["a,b"]);
    expect(JSON.parse(resultsToJson(rows))).toEqual({ version: 1, results: rows });
    const [header, ...lines] = resultsToCsv(rows).trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    const names = (header ?? "").split(",");
    const cells = (lines[0] ?? "").replace('"a,b"', "a").split(",");
    expect(Number(cells[names.indexOf("accuracy_mean")])).toBe(at(rows, 0).accuracy.mean);
    expect(cells).toHaveLength(names.length);
    expect(cells[names.indexOf("checker_fraction")]).toBe("");
    expect(resultsToCsv([]).trimEnd()).toBe(header);
  });
});
