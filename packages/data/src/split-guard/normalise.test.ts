import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeBuffer, createNormaliser, pairSeparator } from "./normalise.js";

const normalise = createNormaliser();
const normalised = (text: string, pair?: string): number[] => {
  const buffer = codeBuffer(1);
  normalise(buffer, text, pair);
  return [...buffer.codes.subarray(0, buffer.length)];
};
const form = (text: string): string => String.fromCodePoint(...normalised(text));

describe("normaliser", () => {
  it("agrees with Python's unicodedata in many scripts (scripts/golden/split-guard.py)", () => {
    const golden: { normalised: [string, string][] } = JSON.parse(
      readFileSync(new URL("../../golden/split-guard.json", import.meta.url), "utf8"),
    );
    expect(golden.normalised.length).toBeGreaterThan(20);
    for (const [text, expected] of golden.normalised) expect(form(text)).toBe(expected);
  });

  it("does not see case, spacing and punctuation, in ASCII or beyond", () => {
    const word = fc.constantFrom("alpha", "Beta9", "naïve", "мир", "मुझे", "月曜日", "καλός");
    const gap = fc.constantFrom("", " ", "\u00a0", "...", " - ", "!?", "\u3000", "\u200b", "😂");
    fc.assert(
      fc.property(fc.array(fc.tuple(word, gap, fc.boolean()), { minLength: 1 }), (parts) => {
        const changed = parts.map(([text, space, up]) => (up ? text.toUpperCase() : text) + space);
        expect(form(changed.join(""))).toBe(form(parts.map(([text]) => text).join("")));
      }),
    );
  });

  it("leaves a text without letters or digits as it is, and so apart from others", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[!?.,;:\-😂❤ ]{1,8}$/u), (text) => {
        expect(form(text)).toBe(text);
      }),
    );
  });

  it("keeps the texts of a pair apart", () => {
    expect(normalised("A b", "!!")).toEqual([0x61, 0x62, pairSeparator, 0x21, 0x21]);
    expect(normalised("a", "bc")).not.toEqual(normalised("ab", "c"));
  });

  it("takes any string, lone surrogates too", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => {
        expect(normalised(`a${String.fromCharCode(...units)}`)[0]).toBeDefined();
      }),
    );
  });
});
