import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { normaliseBertText, splitBertText } from "./bert-text.js";
import { loadTokenizer } from "./load-tokenizer.js";
import { longestFirst } from "./truncation.js";
import { BERT_SPECIAL_TOKENS, wordPieceJson, wordPieceTokenizer } from "./word-piece.js";

/** What `scripts/golden/tokenizer.py strings` writes. */
interface Golden {
  readonly settings: readonly Readonly<Record<string, boolean>>[];
  readonly vocabulary: readonly string[];
  readonly cases: readonly (readonly [number, string, string | null, number, number[], string])[];
  readonly sweep: { readonly skipped: string; readonly sha256: string };
  readonly lengths: readonly (readonly [number, number, number, number, number])[];
}
const golden: Golden = JSON.parse(
  readFileSync(new URL("./golden/strings.json", import.meta.url), "utf8"),
);
const assets = process.env.COUNTERWEIGHT_ASSETS;
const toy = wordPieceTokenizer(["the", "cat", "sat", "##s", ".", "!"]);

let base = "";
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "tokenizer-"));
});
afterAll(async () => rm(base, { recursive: true }));

describe("against Python's tokenizers", () => {
  it("gives the same ids and type ids for strings made to differ", () => {
    const tokenizers = golden.settings.map((settings) =>
      wordPieceTokenizer(golden.vocabulary, {
        lowercase: settings.lowercase ?? true,
        stripAccents: settings.strip_accents ?? null,
        handleChineseCharacters: settings.handle_chinese_chars ?? true,
        cleanText: settings.clean_text ?? true,
      }),
    );
    const differing = golden.cases.filter(([which, text, pair, maxLength, ids, types]) => {
      const encoded = tokenizers[which]?.encode(text, pair ?? undefined, { maxLength });
      return encoded?.ids.join() !== ids.join() || encoded.typeIds.join("") !== types;
    });
    expect(differing).toEqual([]);
    expect(golden.cases.length).toBeGreaterThan(500);
  });

  it("cleans and splits every code point assigned in Unicode 14 alike", () => {
    const settings = {
      cleanText: true,
      handleChineseCharacters: true,
      stripAccents: true,
      lowercase: true,
    };
    const skipped = new Set<number>();
    for (const range of golden.sweep.skipped.split(" ")) {
      const [first = 0, last = first] = range.split("-").map((point) => Number.parseInt(point, 16));
      for (let point = first; point <= last; point++) skipped.add(point);
    }
    const digest = createHash("sha256");
    for (let point = 0; point < 0x110000; point++) {
      if (skipped.has(point) || (point >= 0xd800 && point < 0xe000)) continue;
      const words = splitBertText(normaliseBertText(`a${String.fromCodePoint(point)}b`, settings));
      digest.update(`${words.join("\n")}\0`);
    }
    expect(digest.digest("hex")).toBe(golden.sweep.sha256);
  });

  it("cuts pairs to the same lengths", () => {
    for (const [maxLength, first, second, ...kept] of golden.lengths) {
      expect([maxLength, first, second, ...longestFirst(first, second, maxLength - 3)]).toEqual([
        maxLength,
        first,
        second,
        ...kept,
      ]);
    }
  });
});

describe("encode", () => {
  it("puts [CLS] and [SEP] around texts and pairs, and never pads", () => {
    const pair = toy.encode("The cats sat.", "Dogs!", { maxLength: 128 });
    expect([...pair.ids].map(toy.token)).toEqual([
      "[CLS]",
      "the",
      "cat",
      "##s",
      "sat",
      ".",
      "[SEP]",
      "[UNK]",
      "!",
      "[SEP]",
    ]);
    expect([...pair.typeIds]).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
    expect([...toy.encode("", undefined, { maxLength: 2 }).ids]).toEqual([2, 3]);
    expect([...toy.encode("cat", "", { maxLength: 9 }).ids]).toEqual([2, 6, 3, 3]);
    expect([toy.vocabularySize, toy.tokenId("[PAD]"), toy.tokenId("!")]).toEqual([11, 0, 10]);
  });

  it("refuses a maxLength without room for the special tokens", () => {
    expect(() => toy.encode("cat", undefined, { maxLength: 1 })).toThrow(
      /maxLength: needed .* at least 2/,
    );
    expect(() => toy.encode("cat", "sat", { maxLength: 2 })).toThrow(/at least 3/);
    expect(() => toy.encode("cat", undefined, { maxLength: 2.5 })).toThrow(/got 2.5/);
  });

  it("keeps as much as fits, for any text", () => {
    const text = fc.string({ unit: "binary", maxLength: 40 });
    fc.assert(
      fc.property(
        text,
        fc.option(text, { nil: undefined }),
        fc.integer({ min: 3, max: 30 }),
        (first, second, maxLength) => {
          const whole = toy.encode(first, second, { maxLength: 10_000 });
          const cut = toy.encode(first, second, { maxLength });
          expect(cut.ids.length).toBe(Math.min(maxLength, whole.ids.length));
          expect(cut.typeIds.length).toBe(cut.ids.length);
        },
      ),
    );
  });
});

describe("encodeAll", () => {
  it("packs the rows end to end", () => {
    const texts = ["the cat", "", "sat sat sat sat"];
    const pairs = ["cat", "the", ""];
    for (const second of [undefined, pairs]) {
      const all = toy.encodeAll(texts, second, { maxLength: 6 });
      const rows = texts.map((text, row) => toy.encode(text, second?.[row], { maxLength: 6 }));
      expect([...all.tokenIds]).toEqual(rows.flatMap(({ ids }) => [...ids]));
      expect([...all.typeIds]).toEqual(rows.flatMap(({ typeIds }) => [...typeIds]));
      expect(all.offsets[3]).toBe(all.tokenIds.length);
      expect([...all.offsets].slice(1).map((end, row) => end - (all.offsets[row] ?? 0))).toEqual(
        rows.map(({ ids }) => ids.length),
      );
    }
    expect([...toy.encodeAll([], undefined, { maxLength: 6 }).offsets]).toEqual([0]);
    expect(() => toy.encodeAll(texts, ["one"], { maxLength: 6 })).toThrow(/3 texts but 1/);
  });
});

describe("loadTokenizer", () => {
  const vocabulary = [...BERT_SPECIAL_TOKENS, "cat", "Cat", "##s"];

  it("ignores the padding and truncation that tokenizer.json asks for", async () => {
    const folder = join(base, "fixed");
    await mkdir(folder);
    const json = {
      ...wordPieceJson(vocabulary, {}, "test"),
      truncation: { max_length: 3, strategy: "LongestFirst", stride: 0 },
      padding: {
        strategy: { Fixed: 128 },
        direction: "Right",
        pad_id: 0,
        pad_type_id: 0,
        pad_token: "[PAD]",
      },
    };
    await writeFile(join(folder, "tokenizer.json"), JSON.stringify(json));
    const tokenizer = await loadTokenizer(folder);
    expect([...tokenizer.encode("cats cat", undefined, { maxLength: 64 }).ids]).toEqual([
      2, 5, 7, 5, 3,
    ]);
  });

  it("builds a WordPiece from vocab.txt, cased where the configuration says so", async () => {
    const folder = join(base, "vocabulary");
    await mkdir(folder);
    await writeFile(join(folder, "vocab.txt"), `${vocabulary.join("\r\n")}\r\n`);
    const ids = async (): Promise<number[]> => [
      ...(await loadTokenizer(folder)).encode("Cats", undefined, { maxLength: 64 }).ids,
    ];
    expect(await ids()).toEqual([2, 5, 7, 3]);
    await writeFile(join(folder, "tokenizer_config.json"), '{"do_lower_case":false}');
    expect(await ids()).toEqual([2, 6, 7, 3]);
    await writeFile(join(folder, "tokenizer_config.json"), '{"do_lower_case":"no"}');
    await expect(ids()).rejects.toThrow(
      /tokenizer_config.json: do_lower_case: needed true or false/,
    );
    await writeFile(join(folder, "tokenizer_config.json"), "{}");
    await writeFile(join(folder, "vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\ncat\ncat\n");
    await expect(ids()).rejects.toThrow(/vocab.txt: The token "cat" stands twice, at 4 and 5/);
    await writeFile(join(folder, "vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\ncat\n");
    await expect(ids()).rejects.toThrow(/no \[MASK\]/);
  });

  it.each([
    ["[]", /tokenizer.json: Needed a JSON object/],
    ["{}", /model: needed an object with a vocabulary/],
    ['{"model":{"type":"WordPiece","vocab":{}}}', /post_processor: needed an object/],
    ['{"model":{"vocab":{}},"post_processor":{"type":"ByteLevel"}}', /got "ByteLevel"/],
    [
      '{"model":{"type":"X","vocab":{}},"post_processor":{"type":"BertProcessing","cls":["a",1],"sep":["b",2]}}',
      /Not a usable tokenizer/,
    ],
    [
      '{"model":{"vocab":{}},"post_processor":{"type":"TemplateProcessing","single":[],"pair":[]}}',
      /text A once/,
    ],
  ])("refuses tokenizer.json %s", async (content, message) => {
    const folder = await mkdtemp(join(base, "bad-"));
    await writeFile(join(folder, "tokenizer.json"), content);
    await expect(loadTokenizer(folder)).rejects.toThrow(message);
  });

  it("says what an empty folder lacks", async () => {
    await expect(loadTokenizer(base)).rejects.toThrow(
      /no tokenizer.json, no vocab.txt and no vocab.json with merges.txt\. Write/,
    );
  });
});

describe.skipIf(!assets)("all-MiniLM-L6-v2 (needs COUNTERWEIGHT_ASSETS)", () => {
  it("is the same from tokenizer.json and from vocab.txt", async () => {
    const folder = join(assets ?? "", "models/all-MiniLM-L6-v2");
    await writeFile(join(base, "vocab.txt"), readFileSync(join(folder, "vocab.txt")));
    const [whole, words] = [await loadTokenizer(folder), await loadTokenizer(base)];
    expect(whole.vocabularySize).toBe(30522);
    for (const [, text, pair, maxLength] of golden.cases) {
      const [left, right] = [whole, words].map((one) =>
        one.encode(text, pair ?? undefined, { maxLength }),
      );
      expect(left).toEqual(right);
    }
  });
});
