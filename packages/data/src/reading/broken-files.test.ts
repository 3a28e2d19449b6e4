import { mkdir, symlink } from "node:fs/promises";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { loadBenchmark } from "../benchmarks/registry.js";
import { rejectionOf, withFiles } from "../test-support.js";
import { rowCount } from "../text-table.js";
import { brokenRows } from "./broken-files/columns-and-rows.fixture.js";
import { brokenEncodings } from "./broken-files/encodings.fixture.js";
import { foreignFiles } from "./broken-files/foreign.fixture.js";
import { brokenJson } from "./broken-files/json.fixture.js";
import { oddFiles } from "./broken-files/odd.fixture.js";
import { brokenGzip } from "./broken-files/packed.fixture.js";
import { brokenParquet, oddParquet, type WriteParquet } from "./broken-files/parquet.fixture.js";
import { readTable } from "./read-table.js";

/** What every refusal must be: one error of ours about the file, short, in words, with what to do. */
async function expectRefusal(
  call: Promise<unknown>,
  path: string,
  says: readonly RegExp[],
): Promise<void> {
  const error = await rejectionOf(call);
  expect(error.kind).toBe("data");
  expect(error.message).toContain(path);
  expect(error.fix ?? "").not.toBe("");
  const told = error.message.replaceAll(path, "FILE");
  expect(told.length).toBeLessThan(600);
  expect(told).not.toMatch(/\n|\bat \S+:\d+:\d+|undefined|\[object/);
  for (const fact of says) expect(told).toMatch(fact);
}

const writeParquet: WriteParquet = (columns, footer = {}) =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: [...columns],
      codec: "UNCOMPRESSED",
      kvMetadata: Object.entries(footer).map(([key, value]) => ({ key, value })),
    }),
  );
const brokenFiles = [
  ...brokenRows,
  ...brokenJson,
  ...brokenEncodings,
  ...foreignFiles,
  ...brokenGzip,
  ...brokenParquet(writeParquet),
];

describe("broken files", () => {
  it("are 45 or more, each with a name of its own", () => {
    expect(new Set(brokenFiles.map(({ name }) => name)).size).toBe(brokenFiles.length);
    expect(brokenFiles.length).toBeGreaterThanOrEqual(45);
  });

  it.each(brokenFiles)("$name", ({ file, content, options, says }) =>
    withFiles({ [file]: content }, (path) =>
      expectRefusal(readTable(path(file), options), path(file), says),
    ),
  );

  it.each([
    ["a missing file", "no.csv", /no such file/],
    ["a missing Parquet file", "no.parquet", /no such file/],
    ["a folder", "folder.csv", /this is a folder/],
    ["a folder for Parquet", "folder.parquet", /this is a folder/],
    ["a path through a file", "a.csv/b.csv", /cannot be read \(ENOTDIR\)/],
    ["a link to itself", "loop.csv", /cannot be read \(ELOOP\)/],
  ])("%s", (_, name, says) =>
    withFiles({ "a.csv": "text,label\n" }, async (path) => {
      await mkdir(path("folder.csv"));
      await mkdir(path("folder.parquet"));
      await symlink(path("loop.csv"), path("loop.csv"));
      await expectRefusal(readTable(path(name)), path(name), [says, /Check the path/]);
    }),
  );
});

describe("odd files are read whole: rows kept and rows listed as skipped are all rows", () => {
  it.each([...oddFiles, ...oddParquet(writeParquet)])(
    "$name",
    ({ file, content, options, rows, skipped }) =>
      withFiles({ [file]: content }, async (path) => {
        const { table } = await readTable(path(file), options);
        expect(rowCount(table)).toBe(rows);
        expect(table.skipped).toHaveLength(skipped);
        const numbers = [...table.row, ...table.skipped.map(({ row }) => row)].sort(
          (a, b) => a - b,
        );
        expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      }),
  );
});

describe("files that do not fit together", () => {
  const rows = (labels: readonly (string | number)[], stem: string): string =>
    `text,label\n${labels.map((label, i) => `${stem} ${i},${label}`).join("\n")}\n`;
  const names = ["bad", "good", "bad", "good"];
  const contents = {
    "train.csv": rows(names, "train"),
    "validation.csv": rows(names, "validation"),
    "test.csv": rows([0, 1, 1, 0], "test"),
    "named.csv": rows(names, "named"),
    "integers.csv": rows([0, 1, 0, 1], "generated"),
    "generated.csv": rows(names, "generated"),
  };
  const load = (path: (name: string) => string, test: string, generated: string, more = {}) =>
    loadBenchmark("files", {
      train: path("train.csv"),
      validation: path("validation.csv"),
      test: path(test),
      generated: path(generated),
      ...more,
    });

  it.each([
    ["test.csv", "generated.csv", "test.csv"],
    ["named.csv", "integers.csv", "integers.csv"],
  ])("names here and integers there: test %s, generated %s", (test, generated, odd) =>
    withFiles(contents, async (path) => {
      await expectRefusal(load(path, test, generated), path(odd), [
        /are integers \("0", "1"\)/,
        /are names \("bad", "good"\)/,
        /labelNames/,
      ]);
      const labelNames = ["bad", "good"];
      const { benchmark } = await load(path, test, generated, { labelNames });
      expect(rowCount(benchmark.test)).toBe(4);
    }),
  );
});
