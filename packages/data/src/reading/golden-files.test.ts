import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readTable } from "./read-table.js";

// Written by scripts/golden/data-files.py (pyarrow and Python's codecs).
const folder = new URL("../../golden/files/", import.meta.url);
interface Golden {
  readonly names: readonly string[];
  readonly rows: readonly { readonly text: string; readonly label: number; readonly w: number }[];
  readonly encodings: Readonly<Record<string, readonly string[]>>;
}
const golden: Golden = JSON.parse(readFileSync(new URL("rows.json", folder), "utf8"));
const pathOf = (name: string): string => fileURLToPath(new URL(name, folder));

describe("files that Python wrote", () => {
  it.each(["snappy", "zstd", "gzip", "brotli", "lz4", "none"])(
    "Parquet of pyarrow (%s) with the names of a ClassLabel, in its order",
    async (codec) => {
      const { table, notes } = await readTable(pathOf(`${codec}.parquet`), {
        columns: { weight: "w" },
      });
      const kept = golden.rows.filter(({ w }) => w > 0);
      expect(table.labelNames).toEqual(golden.names);
      expect(table.text).toEqual(kept.map(({ text }) => text));
      expect([...table.label]).toEqual(kept.map(({ label }) => label));
      expect([...(table.weight ?? [])]).toEqual(kept.map(({ w }) => w));
      expect(table.skipped).toHaveLength(golden.rows.length - kept.length);
      expect(notes[0]).toContain("named in the file");
    },
  );

  it.each([
    ["cp1252", "windows-1252"],
    ["latin-1", "iso-8859-1"],
    ["shift_jis", "shift_jis"],
    ["gb18030", "gb18030"],
    ["koi8-r", "koi8-r"],
    ["euc-kr", "euc-kr"],
    ["iso8859-15", "iso-8859-15"],
    ["utf-16", "utf-16"],
  ])("CSV in Python's %s, named %s", async (python, encoding) => {
    const { table } = await readTable(pathOf(`encodings/${python}.csv`), { encoding });
    expect(table.text).toEqual(golden.encodings[python]);
  });
});
