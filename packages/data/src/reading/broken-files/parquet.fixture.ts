import { gzipSync } from "node:zlib";
import { type BrokenFile, type OddFile, patched } from "./made-files.fixture.js";

/** A column to write. */
export interface WrittenColumn {
  readonly name: string;
  readonly data: unknown[] | Int32Array;
  readonly type?: "INT32" | "JSON";
  readonly nullable?: boolean;
}

/** Writes a Parquet file without compression; `footer` are entries of its key-value metadata. */
export type WriteParquet = (
  columns: readonly WrittenColumn[],
  footer?: Readonly<Record<string, string>>,
) => Uint8Array;

const twoColumns = (write: WriteParquet, text: unknown[], label: unknown[]): Uint8Array =>
  write([
    { name: "text", data: text, nullable: true },
    { name: "label", data: label, nullable: true },
  ]);
const threeRows = (write: WriteParquet): Uint8Array =>
  twoColumns(write, ["one", "two", "three"], ["good", "bad", "good"]);

/** A footer of `rows` in place of the true number: the same bytes but for the count, a Thrift varint. */
function claimingRows(write: WriteParquet): Uint8Array {
  const rows = 40; // zigzag 80: one byte, found behind the field header of an i64 (0x16)
  const texts = Array.from({ length: rows }, (_, i) => `text ${i}`);
  const source = twoColumns(
    write,
    texts,
    texts.map((_, i) => (i % 2 === 0 ? "good" : "bad")),
  );
  const copy = Uint8Array.from(source);
  for (let index = copy.length - 1; index > 0; index--) {
    if (copy[index - 1] === 0x16 && copy[index] === 80) copy[index] = 126;
  }
  return copy;
}

/** Damaged, cut off and lying Parquet. */
export function brokenParquet(write: WriteParquet): readonly BrokenFile[] {
  const goodParquet = threeRows(write);
  return [
    {
      name: "Parquet named CSV",
      file: "a.csv",
      content: goodParquet,
      says: [/Parquet file, needed text/, /format: parquet/],
    },

    {
      name: "Parquet cut off",
      file: "a.parquet",
      content: goodParquet.subarray(0, -20),
      says: [/damaged or cut off/, /again/],
    },
    {
      name: "Parquet of its first bytes",
      file: "a.parquet",
      content: goodParquet.subarray(0, 6),
      says: [/damaged or cut off/],
    },
    {
      name: "a Parquet footer of a huge size",
      file: "a.parquet",
      content: patched(goodParquet, -8, 255, 255, 255, 127),
      says: [/damaged or cut off/],
    },
    {
      name: "a damaged Parquet footer",
      file: "a.parquet",
      content: patched(goodParquet, -60, ...new Array<number>(40).fill(0x5c)),
      says: [/damaged or cut off/],
    },
    {
      name: "Parquet that claims more rows",
      file: "a.parquet",
      content: claimingRows(write),
      says: [/damaged or cut off/],
    },
    {
      name: "Parquet with zeros for data",
      file: "a.parquet",
      content: patched(goodParquet, 4, ...new Array<number>(40).fill(0)),
      says: [/damaged or cut off/],
    },
    {
      name: "Parquet without the column",
      file: "a.parquet",
      content: goodParquet,
      options: { columns: { text: "tweet" } },
      says: [/no column "tweet"/],
    },
    {
      name: "a nested Parquet column",
      file: "a.parquet",
      content: write([
        { name: "text", data: [{ a: 1 }, { a: 2 }], type: "JSON" },
        { name: "label", data: ["x", "y"] },
      ]),
      says: [/"text" is an object/],
    },
    {
      name: "a null text in Parquet",
      file: "a.parquet",
      content: twoColumns(write, ["a", null], ["x", "y"]),
      says: [/row 2/, /is empty/],
    },
    {
      name: "a null label in Parquet",
      file: "a.parquet",
      content: twoColumns(write, ["a", "b"], ["x", null]),
      says: [/row 2/, /label "label" is empty/],
    },
    {
      name: "a NaN label in Parquet",
      file: "a.parquet",
      content: twoColumns(write, ["a", "b"], [1, Number.NaN]),
      says: [/row 2/, /label "label" is NaN/],
    },
    {
      name: "numbers for texts in Parquet",
      file: "a.parquet",
      content: twoColumns(write, [1.5, 2], ["x", "y"]),
      says: [/"text" is a number, needed a text/],
    },
    {
      name: "a label of Hugging Face without a name",
      file: "a.parquet",
      content: write(
        [
          { name: "text", data: ["a", "b"] },
          { name: "label", data: Int32Array.of(0, -1), type: "INT32" },
        ],
        {
          huggingface: JSON.stringify({
            info: { features: { label: { names: ["bad", "good"], _type: "ClassLabel" } } },
          }),
        },
      ),
      says: [/row 2/, /is -1, which has no name/, /no label/],
    },
    {
      name: "Parquet cut off inside gzip",
      file: "a.parquet.gz",
      content: gzipSync(goodParquet.subarray(0, -9)),
      says: [/damaged or cut off/],
    },
  ];
}

/** Parquet that is read. */
export function oddParquet(write: WriteParquet): readonly OddFile[] {
  return [
    {
      name: "Parquet inside gzip",
      file: "a.parquet.gz",
      content: gzipSync(threeRows(write)),
      rows: 3,
      skipped: 0,
    },
  ];
}
