import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at } from "@counterweight/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../checkpoint/model-folder.js";
import { byteLevelJson, splitByteLevel } from "./byte-level.js";
import { loadTokenizer } from "./load-tokenizer.js";
import { createTokenizer } from "./tokenizer.js";

/** What `scripts/golden/architectures.py tokenizers` writes. */
interface Golden {
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: string;
  /** `tokenizer.json` as Transformers writes it, without vocabulary and merges. */
  readonly variants: readonly (JsonObject & { readonly model: JsonObject })[];
  readonly cases: readonly (readonly [number, string, string | null, number, number[]])[];
  readonly sweep: { readonly skipped: string; readonly sha256: string };
}
const golden: Golden = JSON.parse(
  readFileSync(new URL("./golden/byte-level.json", import.meta.url), "utf8"),
);
const mergeLines = golden.merges.split("\n").slice(1, -1);
const whole = (variant: Golden["variants"][number]): JsonObject => ({
  ...variant,
  model: {
    ...variant.model,
    vocab: golden.vocab,
    merges: mergeLines.map((line) => line.split(" ")),
  },
});
const where = { vocabulary: "vocab.json", merges: "merges.txt", config: "tokenizer_config.json" };

let base = "";
let folders = 0;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "byte-level-"));
});
afterAll(async () => rm(base, { recursive: true }));

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(base, String(folders++));
  await mkdir(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}
const vocabulary = JSON.stringify(golden.vocab);

describe("RoBERTa's tokenizer against Python's", () => {
  it("gives the same ids for strings and pairs made to differ, all of type 0", () => {
    const tokenizers = golden.variants.map((variant) => createTokenizer(whole(variant), {}, "x"));
    const differing = golden.cases.filter(([which, text, pair, maxLength, ids]) => {
      const encoded = at(tokenizers, which).encode(text, pair ?? undefined, { maxLength });
      return encoded.ids.join() !== ids.join() || encoded.typeIds.some((type) => type !== 0);
    });
    expect(differing).toEqual([]);
    expect(golden.cases.length).toBeGreaterThan(500);
  });

  it("splits around code points of every kind alike", () => {
    const skipped = new Set<number>();
    for (const range of golden.sweep.skipped.split(" ")) {
      const [first = 0, last = first] = range.split("-").map((point) => Number.parseInt(point, 16));
      for (let point = first; point <= last; point++) skipped.add(point);
    }
    expect(skipped.size).toBeLessThan(0x110000 - 35_000);
    const digest = createHash("sha256");
    for (let point = 0; point < 0x110000; point++) {
      if (skipped.has(point) || (point >= 0xd800 && point < 0xe000)) continue;
      const character = String.fromCodePoint(point);
      const words = splitByteLevel(`a${character}b ${character}7${character} `, false);
      digest.update(`${words.join("\n")}\0`);
    }
    expect(digest.digest("hex")).toBe(golden.sweep.sha256);
  });

  it("puts <s> and </s> around texts, and </s></s> between two", () => {
    const tokenizer = createTokenizer(whole(at(golden.variants, 0)), {}, "x");
    const spelled = (ids: Int32Array): string => [...ids].map(tokenizer.token).join(" ");
    const single = tokenizer.encode("?", undefined, { maxLength: 9 });
    const pair = tokenizer.encode("?", "!", { maxLength: 9 });
    expect(spelled(single.ids)).toBe("<s> ? </s>");
    expect(spelled(pair.ids)).toBe("<s> ? </s> </s> ! </s>");
    expect(() => tokenizer.encode("?", "!", { maxLength: 3 })).toThrow(/at least 4/);
  });
});

describe("vocab.json and merges.txt", () => {
  it("mean the tokenizer.json that Transformers makes of them", () => {
    for (const [which, config] of [
      [0, {}],
      [1, { add_prefix_space: true }],
      [2, { mask_token: { content: "<mask>", lstrip: true } }],
    ] as const) {
      expect({
        version: "1.0",
        truncation: null,
        padding: null,
        ...byteLevelJson(golden.vocab, golden.merges, config, where),
      }).toEqual(whole(at(golden.variants, which)));
    }
  });

  it("load from a folder, Windows line ends too", async () => {
    for (const merges of [golden.merges, golden.merges.replaceAll("\n", "\r\n")]) {
      const folder = await folderWith({ "vocab.json": vocabulary, "merges.txt": merges });
      const tokenizer = await loadTokenizer(folder);
      expect(tokenizer.vocabularySize).toBe(Object.keys(golden.vocab).length);
      for (const [which, text, pair, maxLength, ids] of golden.cases) {
        if (which !== 0) continue;
        expect([...tokenizer.encode(text, pair ?? undefined, { maxLength }).ids]).toEqual(ids);
      }
    }
  });

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ["neither", {}, /no tokenizer.json, no vocab.txt and no vocab.json.*save_pretrained/],
    ["no merges", { "vocab.json": vocabulary }, /no vocab.json with merges.txt/],
    ["a broken vocabulary", { "vocab.json": "{", "merges.txt": "" }, /vocab.json: Not JSON/],
    [
      "an id that is a string",
      { "vocab.json": '{"a":"1"}', "merges.txt": "" },
      /"a" has no whole number as id/,
    ],
    ["an id twice", { "vocab.json": '{"a":1,"b":1}', "merges.txt": "" }, /1 is given twice/],
    ["no special tokens", { "vocab.json": '{"a":1}', "merges.txt": "" }, /vocabulary has no <s>/],
    [
      "a merge into nothing",
      { "vocab.json": vocabulary, "merges.txt": "#version: 0.2\na b\nqq zz" },
      /merges.txt: Line [23] is not a merge/,
    ],
    [
      "a special token that is a number",
      {
        "vocab.json": vocabulary,
        "merges.txt": "",
        "tokenizer_config.json": '{"mask_token":3}',
      },
      /tokenizer_config.json: mask_token: needed a token/,
    ],
  ])("refuse %s", async (_, files, message) => {
    await expect(loadTokenizer(await folderWith(files))).rejects.toThrow(message);
  });
});
