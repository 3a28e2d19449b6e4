import { at, randomStream } from "@counterweight/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packBatch } from "./batch.js";
import { randomTexts, smallConfig } from "./encoder.fixture.js";

const config = smallConfig();

const batches = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 7 }), fc.nat())
  .chain(([lengths, seed]) =>
    fc.record({
      lengths: fc.constant(lengths),
      texts: fc.constant(randomTexts(config, lengths, randomStream("pack", seed))),
      chosen: fc.array(fc.nat(lengths.length - 1), { minLength: 1, maxLength: 8 }),
    }),
  );

describe("packBatch", () => {
  test("counts rows, tokens and the longest row, and keeps each row's tokens in order", () => {
    fc.assert(
      fc.property(batches, ({ lengths, texts, chosen }) => {
        const batch = packBatch(texts, chosen);
        const own = chosen.map((row) => at(lengths, row));
        expect(batch.rows).toBe(chosen.length);
        expect(batch.tokens).toBe(own.reduce((sum, length) => sum + length, 0));
        expect(batch.longest).toBe(Math.max(...own));
        const expected = chosen.flatMap((row) => [
          ...texts.tokenIds.subarray(at(texts.offsets, row), at(texts.offsets, row + 1)),
        ]);
        expect([...batch.tokenIds]).toEqual(expected);
        expect([...(batch.values.tokenIds?.data ?? [])]).toEqual(expected);
        expect([...(batch.values.typeIds?.data ?? [])]).toEqual(
          chosen.flatMap((row) => [
            ...texts.typeIds.subarray(at(texts.offsets, row), at(texts.offsets, row + 1)),
          ]),
        );
        expect([...(batch.values.positions?.data ?? [])]).toEqual(
          own.flatMap((length) => Array.from({ length }, (_, position) => position)),
        );
        let start = 0;
        const starts = own.map((length) => {
          start += length;
          return start - length;
        });
        expect([...(batch.values.firstTokens?.data ?? [])]).toEqual(starts);
      }),
    );
  });

  test("cells and tokens lead to each other, and the mask hides exactly the other cells", () => {
    fc.assert(
      fc.property(batches, ({ lengths, texts, chosen }) => {
        const { values, rows, longest, tokens } = packBatch(texts, chosen);
        const tokenCell = values.tokenCell?.data ?? [];
        const cellToken = values.cellToken?.data ?? [];
        expect(tokenCell).toHaveLength(tokens);
        expect(cellToken).toHaveLength(rows * longest);
        for (let token = 0; token < tokens; token++) {
          expect(at(cellToken, at(tokenCell, token))).toBe(token);
        }
        const mask = values.attentionMask;
        expect(mask?.shape).toEqual([rows, 1, 1, longest]);
        for (let row = 0; row < rows; row++) {
          for (let position = 0; position < longest; position++) {
            const isToken = position < at(lengths, at(chosen, row));
            expect(at(cellToken, position * rows + row) >= 0).toBe(isToken);
            expect(mask?.data[row * longest + position]).toBe(isToken ? 0 : -1e9);
          }
        }
        expect(new Set(tokenCell).size).toBe(tokens);
      }),
    );
  });

  test("refuses an empty batch and a row without tokens", () => {
    const texts = {
      offsets: Int32Array.of(0, 2, 2),
      tokenIds: Int32Array.of(1, 2),
      typeIds: Uint8Array.of(0, 0),
    };
    expect(() => packBatch(texts, [])).toThrow(expect.objectContaining({ kind: "internal" }));
    expect(() => packBatch(texts, [0, 1])).toThrow(
      expect.objectContaining({ kind: "data", message: "row 1 has no tokens." }),
    );
  });

  test("refuses a row that does not exist", () => {
    const texts = randomTexts(config, [2, 3], randomStream("pack"));
    for (const row of [2, -1, 0.5]) {
      expect(() => packBatch(texts, [0, row])).toThrow(
        expect.objectContaining({ kind: "internal" }),
      );
    }
  });
});
