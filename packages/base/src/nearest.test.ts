import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nearest } from "./nearest.js";

const keys = ["learningRate", "batchSize", "maxLength", "epochs", "seeds", "weightDecay"];

describe("nearest", () => {
  it.each([
    ["learning_rate", "learningRate"],
    ["LearningRate", "learningRate"],
    ["lerningRate", "learningRate"],
    ["batch-size", "batchSize"],
    ["epoch", "epochs"],
    ["seesd", "seeds"],
    ["weight decay", "weightDecay"],
  ])("takes %s for %s", (word, meant) => {
    expect(nearest(word, keys)).toBe(meant);
  });

  it("suggests nothing when nothing is close, or nothing is there", () => {
    expect(nearest("optimiser", keys)).toBeUndefined();
    expect(nearest("epochs", [])).toBeUndefined();
    expect(nearest("x", ["abc"])).toBeUndefined();
  });

  it("does not offer short words that share nothing with what was typed", () => {
    expect(nearest("lr", ["gamma", "dimp", "ce"])).toBeUndefined();
    expect(nearest("ab", ["cd"])).toBeUndefined();
  });

  it("finds a key through any one typing slip", () => {
    const slip = fc.constantFrom("drop", "double", "swap", "replace");
    fc.assert(
      fc.property(fc.constantFrom(...keys), slip, fc.nat(), (key, kind, draw) => {
        const i = draw % (key.length - 1);
        const [before, here, next, after] = [
          key.slice(0, i),
          key.charAt(i),
          key.charAt(i + 1),
          key.slice(i + 2),
        ];
        const typed = {
          drop: before + next + after,
          double: before + here + here + next + after,
          swap: before + next + here + after,
          replace: `${before}#${next}${after}`,
        }[kind];
        expect(nearest(typed, keys)).toBe(key);
      }),
    );
  });

  it("prefers the word itself to every other", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(keys, { minLength: 1 }), (candidates) => {
        for (const key of candidates) expect(nearest(key, candidates)).toBe(key);
      }),
    );
  });
});
