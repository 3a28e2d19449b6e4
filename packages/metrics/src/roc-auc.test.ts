import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rocAuc } from "./roc-auc.js";

interface Golden {
  readonly cases: readonly {
    readonly positive: number[];
    readonly scores: number[];
    readonly auc: number;
  }[];
}

const path = new URL("../golden/roc-auc.json", import.meta.url);
const golden: Golden = JSON.parse(readFileSync(path, "utf8"));

describe("rocAuc", () => {
  it("is scikit-learn's roc_auc_score, ties included", () => {
    expect(golden.cases.length).toBeGreaterThan(40);
    for (const { positive, scores, auc } of golden.cases) {
      expect(Math.abs((rocAuc(positive, scores) ?? Number.NaN) - auc)).toBeLessThan(1e-12);
    }
  });

  it("is the share of pairs in the right order", () => {
    const rows = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 5 })), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(rows, (pairs) => {
        const positive = pairs.map(([label]) => label);
        const scores = pairs.map(([, score]) => score);
        const won = pairs.flatMap(([label, score]) =>
          label
            ? pairs.flatMap(([other, lower]) =>
                other ? [] : [score > lower ? 1 : score === lower ? 0.5 : 0],
              )
            : [],
        );
        const area = rocAuc(positive, scores);
        if (won.length === 0) expect(area).toBeUndefined();
        else expect(area).toBeCloseTo(won.reduce((a, b) => a + b, 0) / won.length, 12);
      }),
    );
  });

  it("refuses NaN and unlike lengths", () => {
    expect(() => rocAuc([0, 1], [Number.NaN, 1])).toThrow("row 0 is NaN");
    expect(() => rocAuc([0, 1], [1])).toThrow();
  });
});
