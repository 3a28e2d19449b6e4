import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findSharedText } from "../guards.js";
import { rejectionOf } from "../test-support.js";
import { rowCount } from "../text-table.js";
import { mrpcSources, readMrpcGenerated, readMrpcReal } from "./mrpc.js";
import { loadBenchmark } from "./registry.js";
import { digestOf, type FileDigest } from "./test-digest.js";

const golden: Record<string, FileDigest> = JSON.parse(
  readFileSync(new URL("../../golden/benchmarks.json", import.meta.url), "utf8"),
);
const assets = process.env.COUNTERWEIGHT_ASSETS;
const folder = join(assets ?? "", "data/mrpc");

/** Made files in MRPC's form, with a byte-order mark and lone quotes. */
const header = "\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n";
const made = {
  "msr_paraphrase_train.txt": `${header}1\t1\t2\tHe said " yes\tShe said no "\n0\t3\t4\t"\t""\n1\t5\t6\tc\td\n0\t7\t8\te\tf\n1\t9\t10\tg\th\n0\t11\t12\ti\tj\n`,
  "msr_paraphrase_test.txt": `${header}0\t1\t2\tk "\tl\n1\t3\t4\tm\tn\n`,
  "dev_ids.tsv": "11\t12\n1\t2\n",
};

async function withReal<T>(
  files: Readonly<Record<string, string>>,
  run: (folder: string) => Promise<T>,
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), "counterweight-mrpc-"));
  try {
    await mkdir(join(root, "real"));
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(root, "real", name), content);
    }
    return await run(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

describe("MRPC's form, on made files", () => {
  it("has a byte-order mark, lone quotes, and validation by sentence numbers in file order", () =>
    withReal(made, async (root) => {
      const { train, validation, test } = await readMrpcReal(root);
      expect(validation.table.text).toEqual(['He said " yes', "i"]);
      expect(validation.table.textPair).toEqual(['She said no "', "j"]);
      expect([...validation.table.label]).toEqual([1, 0]);
      expect([...validation.table.row]).toEqual([1, 6]);
      expect([...(validation.table.line ?? [])]).toEqual([2, 7]);
      expect(train.table.text).toEqual(['"', "c", "e", "g"]);
      expect(train.table.textPair?.[0]).toBe('""');
      expect(test.table.text).toEqual(['k "', "m"]);
      expect(train.table.labelNames).toEqual(["not_equivalent", "equivalent"]);
    }));

  it.each([
    ["11\t12\n1\t3\n", "is no pair of", "row 2 (line 2)"],
    ["2\t1\n", "is no pair of", "row 1 (line 1)"],
    ["1\t2\n11\t12\n1\t2\n", "is named a second time", "row 3 (line 3)"],
    ["1 2\n", "the row has 1 field, needed 2", "row 1 (line 1)"],
  ])("refuses validation pairs %j", (ids, what, where) =>
    withReal({ ...made, "dev_ids.tsv": ids }, async (root) => {
      const { kind, message } = await rejectionOf(readMrpcReal(root));
      expect(kind).toBe("data");
      expect(message).toContain(what);
      expect(message).toContain("dev_ids.tsv");
      expect(message).toContain(where);
    }),
  );
});

describe.skipIf(!assets)("MRPC (needs COUNTERWEIGHT_ASSETS)", () => {
  it("real: GLUE's splits, the rows that Python reads", async () => {
    const real = await readMrpcReal(folder);
    // Row counts of GLUE, and of the data's own description (4,076 = 3,668 + 408).
    expect(rowCount(real.train.table)).toBe(3668);
    expect(rowCount(real.validation.table)).toBe(408);
    expect(rowCount(real.test.table)).toBe(1725);
    for (const split of ["train", "validation", "test"] as const) {
      expect(digestOf(real[split].table)).toEqual(golden[`mrpc/real/${split}`]);
      expect(real[split].table.skipped).toEqual([]);
    }
    expect(golden["mrpc/msr_paraphrase_train.txt"]?.rows).toBe(4076);
  });

  it.each([
    ["ctrl_zero-shot", 6000],
    ["ctrl_few-shot", 10_000],
  ] as const)("generated %s: the %i pairs that Python reads", async (source, count) => {
    const { table } = await readMrpcGenerated(folder, source);
    expect(rowCount(table)).toBe(count);
    expect(digestOf(table)).toEqual(golden[`mrpc/generated/${source}`]);
    expect(table.skipped).toEqual([]);
  });

  it("loads by name, with no pair of test elsewhere", async () => {
    for (const generated of mrpcSources) {
      const { benchmark } = await loadBenchmark("mrpc", { folder, generated });
      expect(findSharedText(benchmark)).toEqual([]);
      expect(benchmark.labelNames).toEqual(["not_equivalent", "equivalent"]);
    }
  });
});
