import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rejectionOf } from "../test-support.js";
import { parseCsv } from "./csv.js";
import { recordsOf } from "./row-source.js";

interface CsvCase {
  readonly delimiter: string;
  readonly content: string;
  readonly rows: readonly (readonly string[])[];
}
const cases: CsvCase[] = JSON.parse(
  readFileSync(new URL("../../golden/csv.json", import.meta.url), "utf8"),
);

const fields = async (content: string, options = {}, chunks = [content]): Promise<unknown[][]> => {
  const { records, columns } = recordsOf(await parseCsv(chunks, "a.csv", options));
  return records.map((record) => columns.map((column) => record.get(column)));
};
const problemOf = (content: string, options = {}) =>
  rejectionOf(parseCsv([content], "a.csv", options));

describe("parseCsv", async () => {
  it.each(cases.map((item, index) => ({ ...item, index })))(
    "reads what Python's csv module reads (case $index)",
    async ({ delimiter, content, rows }) => {
      expect(await fields(content, { delimiter })).toEqual(rows);
    },
  );

  it("reads back any quoted fields, whatever the line ends and wherever it is cut", async () => {
    const field = fc.string({ unit: "binary" });
    const property = fc.asyncProperty(
      fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 8 }),
      fc.constantFrom("\n", "\r\n", "\r"),
      fc.nat({ max: 40 }),
      async (rows, lineEnd, cut) => {
        const quoted = rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`));
        const content = [["a", "b"], ...quoted].map((row) => row.join(",")).join(lineEnd);
        const characters = [...content];
        const chunks = [characters.slice(0, cut), characters.slice(cut)].map((part) =>
          part.join(""),
        );
        expect(await fields(content, {}, chunks)).toEqual(rows);
      },
    );
    await fc.assert(property);
  });

  it("numbers rows by record and lines by where a record begins", async () => {
    const content = '\na,b\n"x\ny",1\n\r\nz,2\r\n';
    const { records, blankLines } = recordsOf(await parseCsv([content], "a.csv"));
    expect(records.map(({ row, line }) => [row, line])).toEqual([
      [1, 3],
      [2, 6],
    ]);
    expect(blankLines).toBe(2);
  });

  it("takes quotes as characters when told so", async () => {
    expect(await fields('a\tb\n"x\t1\n', { delimiter: "\t", quote: "none" })).toEqual([
      ['"x', "1"],
    ]);
  });

  it("names the row and line of a ragged row", async () => {
    const error = await problemOf("text,label\na,0\nb,c,1\n");
    expect(error.message).toContain("a.csv, row 2 (line 3)");
    expect(error.message).toContain('3 fields, the header 2 ("text", "label")');
  });

  it.each([
    ['a,b\n"x,1\ny,2\n', "never ends"],
    ['a,b\nx "q" y,1\n', "inside an unquoted field"],
    ['a,b\n"x" y,1\n', "follows a closing quote"],
  ])("says what is wrong with the quoting of %j", async (content, problem) => {
    const error = await problemOf(content);
    expect(error.message).toContain(problem);
    expect(error.message).toMatch(/^a\.csv, row 1 \(line 2\)/);
  });

  it.each(["", ";;", "\n", '"'])("refuses the delimiter %j", async (delimiter) => {
    expect((await problemOf("a,b\n", { delimiter })).message).toContain("not one character");
  });

  it("refuses an empty file", async () => {
    expect((await problemOf("\n\n")).message).toContain("empty");
  });
});
