import type { EncodedTexts } from "@counterweight/bert";
import { onnxRuntime } from "@counterweight/runtime";
import { describe, expect, test } from "vitest";
import { createPredictor } from "./predictor.js";
import { toyRequest } from "./toy.fixture.js";

/** Rows of every length from 2 to 16 tokens, in no order of length; more than one batch of them. */
function unequalTexts(vocabulary: number): EncodedTexts {
  const lengths = Array.from({ length: 150 }, (_, row) => 2 + ((row * 7) % 15));
  const offsets = [0];
  for (const length of lengths) offsets.push((offsets.at(-1) ?? 0) + length);
  const tokens = offsets.at(-1) ?? 0;
  return {
    tokenIds: Int32Array.from({ length: tokens }, (_, token) => (token * 31) % vocabulary),
    typeIds: new Uint8Array(tokens),
    offsets: Int32Array.from(offsets),
  };
}

describe("predict", () => {
  test("gives each row's result in the place of the row, as it is alone", async () => {
    const { config, initial } = toyRequest();
    const parameters = Object.fromEntries(
      [...initial].map(([name, { shape, values }]) => [
        name,
        // Larger than BERT's start, so that rows differ by far more than rounding.
        { shape, data: values.map((value) => (name.includes("LayerNorm") ? value : 20 * value)) },
      ]),
    );
    const encoded = unequalTexts(config.vocabularySize);
    const predictor = await createPredictor(onnxRuntime(), config, parameters, 1);
    const together = await predictor.predict(encoded);
    expect(together).toHaveLength(150 * 2);
    for (let row = 0; row < 150; row++) {
      const [start, end] = [encoded.offsets[row] ?? 0, encoded.offsets[row + 1] ?? 0];
      const alone = await predictor.predict({
        tokenIds: encoded.tokenIds.slice(start, end),
        typeIds: encoded.typeIds.slice(start, end),
        offsets: Int32Array.of(0, end - start),
      });
      alone.forEach((value, label) => {
        expect(Math.abs((together[row * 2 + label] ?? 0) - value), `row ${row}`).toBeLessThan(1e-4);
      });
    }
    expect(new Set(together).size).toBeGreaterThan(200);
    await predictor.release();
  });
});
