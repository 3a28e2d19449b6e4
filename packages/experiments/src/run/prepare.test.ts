import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TextTable } from "@counterweight/data";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { modelDigest, tableDigest } from "./prepare.js";

let folder = "";
const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-model-"));
  for (const name of ["config.json", "model.safetensors", "tokenizer.json", "vocab.txt"]) {
    await write(name, name);
  }
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const sizes = {
  hiddenSize: 4,
  layers: 1,
  heads: 1,
  intermediateSize: 4,
  dropout: 0.1,
  maxPositions: 8,
};

describe("modelDigest", () => {
  it("changes with the content of every file that the model is made of, and with nothing else", async () => {
    const first = await modelDigest({ checkpoint: folder });
    await write("README.md", "about");
    await utimes(join(folder, "model.safetensors"), 1, 1);
    expect(await modelDigest({ checkpoint: folder })).toBe(first);
    const seen = new Set([first]);
    for (const name of [
      "config.json",
      "model.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
      "vocab.txt",
      // RoBERTa's, where there is no tokenizer.json.
      "vocab.json",
      "merges.txt",
    ]) {
      await write(name, "changed under the same name");
      seen.add(await modelDigest({ checkpoint: folder }));
    }
    expect(seen.size).toBe(8);
  });

  it("of random weights depends on the sizes and the tokenizer, not on weights beside it", async () => {
    const model = { config: { ...sizes, tokenizer: folder } };
    const first = await modelDigest(model);
    await write("model.safetensors", "changed");
    expect(await modelDigest(model)).toBe(first);
    expect(await modelDigest({ config: { ...model.config, layers: 2 } })).not.toBe(first);
    const seen = new Set([first]);
    for (const name of ["vocab.txt", "vocab.json", "merges.txt"]) {
      await write(name, "changed");
      seen.add(await modelDigest(model));
    }
    expect(seen.size).toBe(4);
  });

  it("names a folder that cannot be read", async () => {
    await expect(modelDigest({ checkpoint: join(folder, "none") })).rejects.toThrow(
      /cannot be read/,
    );
  });
});

describe("tableDigest", () => {
  it("changes with texts, labels, their order and the classes, not with where they stand", () => {
    const table: TextTable = {
      name: "a",
      labelNames: ["no", "yes"],
      text: ["one", "two"],
      label: Int32Array.of(0, 1),
      file: "a.csv",
      row: Int32Array.of(1, 2),
      skipped: [],
    };
    const first = tableDigest(table);
    expect(tableDigest({ ...table, name: "b", file: "b.csv", row: Int32Array.of(8, 9) })).toBe(
      first,
    );
    const others = [
      { labelNames: ["yes", "no"] },
      { text: ["two", "one"] },
      { text: ["one", "twos"] },
      { textPair: ["", ""] },
      { label: Int32Array.of(1, 1) },
    ].map((change) => tableDigest({ ...table, ...change }));
    expect(new Set([first, ...others]).size).toBe(6);
  });
});
