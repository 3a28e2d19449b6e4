import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readTexts } from "./data-files.fixture.js";
import { loadTokenizer } from "./load-tokenizer.js";

/** What `scripts/golden/tokenizer.py assets` writes. */
interface Golden {
  readonly model: string;
  readonly texts: readonly {
    readonly file: string;
    readonly maxLength: number;
    readonly rows: number;
    readonly tokens: number;
    readonly sha256: string;
  }[];
}
const golden: Golden = JSON.parse(
  readFileSync(new URL("./golden/assets.json", import.meta.url), "utf8"),
);
const assets = process.env.COUNTERWEIGHT_ASSETS;

describe.skipIf(!assets)("ids of all texts of the data folder (needs COUNTERWEIGHT_ASSETS)", () => {
  const root = assets ?? "";
  it.each(golden.texts)(
    "$file cut to $maxLength",
    async ({ file, maxLength, rows, tokens, sha256 }) => {
      const tokenizer = await loadTokenizer(join(root, "models", golden.model));
      const { texts, pairs } = readTexts(join(root, "data"), file);
      const { offsets, tokenIds, typeIds } = tokenizer.encodeAll(texts, pairs, { maxLength });
      const digest = createHash("sha256");
      for (let row = 0; row < texts.length; row++) {
        const [begin, end] = [offsets[row] ?? 0, offsets[row + 1] ?? 0];
        digest.update(Int32Array.of(end - begin)).update(tokenIds.subarray(begin, end));
        digest.update(typeIds.subarray(begin, end));
      }
      expect([texts.length, tokenIds.length, digest.digest("hex")]).toEqual([rows, tokens, sha256]);
    },
  );
});
