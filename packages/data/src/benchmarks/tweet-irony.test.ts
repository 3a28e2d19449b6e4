import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeTable } from "../describe-table.js";
import { findSharedText } from "../guards.js";
import { classCounts, rowCount, type TextTable } from "../text-table.js";
import { loadBenchmark } from "./registry.js";
import { readTweetIronyGenerated, readTweetIronyReal, tweetIronySources } from "./tweet-irony.js";

interface Golden {
  readonly rows: number;
  readonly classes: readonly number[];
  readonly distinctTexts: number;
  readonly sureHereAre10: number;
  readonly sha256: string;
}
const golden: Record<string, Golden> = JSON.parse(
  readFileSync(new URL("../../golden/tweet-irony.json", import.meta.url), "utf8"),
);

const assets = process.env.COUNTERWEIGHT_ASSETS;
const folder = join(assets ?? "", "data/tweet-irony");

const measured = (table: TextTable): Golden => {
  const hash = createHash("sha256");
  table.text.forEach((text, row) => {
    hash.update(`${JSON.stringify([text, table.label[row]])}\n`);
  });
  return {
    rows: rowCount(table),
    classes: [...classCounts(table)],
    distinctTexts: new Set(table.text).size,
    sureHereAre10: table.text.filter((text) => text.startsWith("Sure, here are 10")).length,
    sha256: hash.digest("hex"),
  };
};

describe.skipIf(!assets)("Tweet Irony (needs COUNTERWEIGHT_ASSETS)", () => {
  // Row counts of the data's own description.
  const splits = [
    ["train", 2862],
    ["validation", 955],
    ["test", 784],
  ] as const;
  const counts = {
    "gpt-3.5-turbo_few-shot": 9966,
    "gpt-3.5-turbo_zero-shot": 10280,
    "gpt-4.1-mini": 5003,
  };

  it.each(splits)("real %s: the %i rows that Python reads", async (split, count) => {
    const { table } = await readTweetIronyReal(folder, split);
    expect(rowCount(table)).toBe(count);
    expect(measured(table)).toEqual(golden[`real/${split}`]);
    expect(table.skipped).toEqual([]);
  });

  it.each(tweetIronySources)("generated %s: the rows that Python reads", async (source) => {
    const { table } = await readTweetIronyGenerated(folder, source);
    expect(rowCount(table)).toBe(counts[source]);
    expect(measured(table)).toEqual(golden[`generated/${source}`]);
    expect(table.skipped).toEqual([]);
    expect(describeTable(table).duplicates).toBe(rowCount(table) - measured(table).distinctTexts);
  });

  it("drops boilerplate and duplicates by name only, and lists each", async () => {
    const source = "gpt-3.5-turbo_zero-shot";
    const { table: all } = await readTweetIronyGenerated(folder, source);
    const report = describeTable(all);
    // "Sure, here are 10" and its variants ("Sure! Here are 10", "Sure, here are ten")
    expect(report.boilerplate).toBeGreaterThanOrEqual(
      golden[`generated/${source}`]?.sureHereAre10 ?? Number.NaN,
    );
    const { table } = await readTweetIronyGenerated(folder, source, ["boilerplate", "duplicates"]);
    const after = describeTable(table);
    expect(after).toMatchObject({ boilerplate: 0, duplicates: 0 });
    expect(after.skipped.boilerplate).toBe(report.boilerplate);
    expect(table.skipped.length + rowCount(table)).toBe(rowCount(all));
    const numbers = [...table.row, ...table.skipped.map(({ row }) => row)].sort((a, b) => a - b);
    expect(numbers).toEqual([...all.row]);
  });

  it("loads by name, with equal label sets and no text of test elsewhere", async () => {
    for (const generated of tweetIronySources) {
      const { benchmark, notes } = await loadBenchmark("tweet-irony", { folder, generated });
      expect(findSharedText(benchmark)).toEqual([]);
      expect(notes.join("\n")).toContain("repeat an earlier one");
    }
  });
});
