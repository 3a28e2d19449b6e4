import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { withFiles } from "../test-support.js";
import { type ReadTableOptions, readTable } from "./read-table.js";

interface Row {
  readonly text: string;
  readonly label: string;
  readonly w: number;
}

/** Texts that begin and end with a visible character: readers trim. */
const textOf = (unit: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.string({ unit, minLength: 1, maxLength: 12 }).map((text) => `<${text.replaceAll("\0", "0")}>`);
const anyText = textOf(
  fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
    fc.constantFrom('"', ",", ";", "\t", "\n", "\r\n", "\\", "\u2028", "\ufeff", "[", "{", "}"),
  ),
);
const rowsOf = (text: fc.Arbitrary<string>): fc.Arbitrary<Row[]> =>
  fc
    .array(
      fc.record({
        text,
        label: fc.constantFrom("no", "yes", "null"),
        w: fc.float({ min: 0, max: 1e6, noNaN: true }),
      }),
      { minLength: 1, maxLength: 12 },
    )
    .map((rows) => [
      { text: "<a>", label: "no", w: 1 },
      { text: "<b>", label: "yes", w: 2 },
      ...rows.map((row) => ({ ...row, w: Math.fround(row.w) })),
    ]);

const quoted = (value: string | number): string => `"${String(value).replaceAll('"', '""')}"`;
const csv = (rows: readonly Row[], delimiter = ","): string =>
  [["text", "label", "w"], ...rows.map(({ text, label, w }) => [text, label, w])]
    .map((fields) => `${fields.map(quoted).join(delimiter)}\n`)
    .join("");
const parquet = (rows: readonly Row[]): Uint8Array =>
  new Uint8Array(
    parquetWriteBuffer({
      rowGroupSize: 5,
      columnData: [
        { name: "text", data: rows.map(({ text }) => text), type: "STRING" },
        { name: "label", data: rows.map(({ label }) => label), type: "STRING" },
        { name: "w", data: Float64Array.from(rows, ({ w }) => w), type: "DOUBLE" },
      ],
    }),
  );

async function expectRead(
  file: string,
  content: string | Uint8Array,
  rows: readonly Row[],
  options: ReadTableOptions = {},
): Promise<void> {
  await withFiles({ [file]: content }, async (path) => {
    const columns = { weight: "w" };
    const { table } = await readTable(path(file), { ...options, columns });
    const kept = rows.filter(({ w }) => w > 0);
    expect(table.text).toEqual(kept.map(({ text }) => text.trim()));
    expect([...table.label].map((label) => table.labelNames[label])).toEqual(
      kept.map(({ label }) => label),
    );
    expect([...(table.weight ?? [])]).toEqual(kept.map(({ w }) => w));
    expect(table.skipped.map(({ row }) => row)).toEqual(
      rows.flatMap(({ w }, index) => (w > 0 ? [] : [index + 1])),
    );
  });
}

const runs = { numRuns: 15 };

describe("what is written is read back: texts, labels, weights and skipped rows", () => {
  it.each<[string, (rows: readonly Row[]) => string | Uint8Array, ReadTableOptions]>([
    ["a.csv", (rows) => csv(rows), {}],
    ["a.csv", (rows) => csv(rows, ";"), { delimiter: ";" }],
    ["a.tsv", (rows) => csv(rows, "\t"), {}],
    ["a.jsonl", (rows) => rows.map((row) => JSON.stringify(row)).join("\n"), {}],
    ["a.json", (rows) => JSON.stringify(rows), {}],
    ["a.json", (rows) => JSON.stringify(rows, null, 2), {}],
    ["a.parquet", parquet, {}],
  ])("%s, plain and in gzip (case %$)", async (file, write, options) => {
    await fc.assert(
      fc.asyncProperty(rowsOf(anyText), async (rows) => {
        await expectRead(file, write(rows), rows, options);
        await expectRead(`${file}.gz`, gzipSync(write(rows)), rows, options);
      }),
      runs,
    );
  });

  it("UTF-8 and UTF-16 with a byte-order mark, UTF-16 named", async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf(anyText), async (rows) => {
        const text = csv(rows);
        const little = Buffer.from(text, "utf16le");
        const big = Buffer.from(little).swap16();
        await expectRead("a.csv", `\ufeff${text}`, rows);
        await expectRead("a.csv", Buffer.concat([Buffer.of(0xff, 0xfe), little]), rows);
        await expectRead("a.csv", Buffer.concat([Buffer.of(0xfe, 0xff), big]), rows);
        await expectRead("a.csv", little, rows, { encoding: "utf-16le" });
        await expectRead("a.csv", big, rows, { encoding: "UTF-16BE" });
      }),
      runs,
    );
  });

  it("ISO-8859-1, byte for byte", async () => {
    const latin = textOf(fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)));
    await fc.assert(
      fc.asyncProperty(rowsOf(latin), async (rows) => {
        const content = Buffer.from(csv(rows), "latin1");
        await expectRead("a.csv", content, rows, { encoding: "iso-8859-1" });
      }),
      runs,
    );
  });
});
