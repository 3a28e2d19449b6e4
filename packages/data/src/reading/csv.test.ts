import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorOf } from "../test-support.js";
import { parseCsv } from "./csv.js";

interface CsvCase {
  readonly delimiter: string;
  readonly content: string;
  readonly rows: readonly (readonly string[])[];
}
const cases: CsvCase[] = JSON.parse(
  readFileSync(new URL("../../golden/csv.json", import.meta.url), "utf8"),
);

const fields = (content: string, options = {}): unknown[][] => {
  const file = parseCsv(content, "a.csv", options);
  return file.records.map((record) => file.columns.map((column) => record.get(column)));
};

describe("parseCsv", () => {
  it.each(cases.map((item, index) => ({ ...item, index })))(
    "reads what Python's csv module reads (case $index)",
    ({ delimiter, content, rows }) => {
      expect(fields(content, { delimiter })).toEqual(rows);
    },
  );

  it("reads back any quoted fields, whatever the line ends", () => {
    const field = fc.string({ unit: "binary" });
    const property = fc.property(
      fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 8 }),
      fc.constantFrom("\n", "\r\n", "\r"),
      (rows, lineEnd) => {
        const quoted = rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`));
        const content = [["a", "b"], ...quoted].map((row) => row.join(",")).join(lineEnd);
        expect(fields(content)).toEqual(rows);
      },
    );
    fc.assert(property);
  });

  it("numbers rows by record and lines by where a record begins", () => {
    const { records, blankLines } = parseCsv('\na,b\n"x\ny",1\n\r\nz,2\r\n', "a.csv");
    expect(records.map(({ row, line }) => [row, line])).toEqual([
      [1, 3],
      [2, 6],
    ]);
    expect(blankLines).toBe(2);
  });

  it("takes quotes as characters when told so", () => {
    expect(fields('a\tb\n"x\t1\n', { delimiter: "\t", quote: "none" })).toEqual([['"x', "1"]]);
  });

  it("names the row and line of a ragged row", () => {
    const error = errorOf(() => parseCsv("text,label\na,0\nb,c,1\n", "a.csv"));
    expect(error.message).toContain("a.csv, row 2 (line 3)");
    expect(error.message).toContain('3 fields, the header 2 ("text", "label")');
  });

  it.each([
    ['a,b\n"x,1\ny,2\n', "never ends"],
    ['a,b\nx "q" y,1\n', "inside an unquoted field"],
    ['a,b\n"x" y,1\n', "follows a closing quote"],
  ])("says what is wrong with the quoting of %j", (content, problem) => {
    const error = errorOf(() => parseCsv(content, "a.csv"));
    expect(error.message).toContain(problem);
    expect(error.message).toMatch(/^a\.csv, row 1 \(near line [23]\)/);
  });

  it.each(["", ";;", "\n", '"'])("refuses the delimiter %j", (delimiter) => {
    expect(errorOf(() => parseCsv("a,b\n", "a.csv", { delimiter })).message).toContain(
      "not one character",
    );
  });

  it("refuses an empty file", () => {
    expect(errorOf(() => parseCsv("\n\n", "a.csv")).message).toContain("empty");
  });
});
