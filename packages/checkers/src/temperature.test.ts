import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { meanLogProbabilities, outOfFold } from "./cross-fit.js";
import { applyTemperature, fitTemperature } from "./temperature.js";

interface Golden {
  readonly cases: readonly {
    readonly classes: number;
    readonly logProbabilities: number[];
    readonly labels: number[];
    readonly temperature: number;
    readonly before: number;
    readonly after: number;
  }[];
}

const path = new URL("../golden/temperature.json", import.meta.url);
const golden: Golden = JSON.parse(readFileSync(path, "utf8"));

describe("fitTemperature", () => {
  it("finds SciPy's minimum", () => {
    expect(golden.cases.length).toBe(40);
    for (const { classes, logProbabilities, labels, temperature, before, after } of golden.cases) {
      const fit = fitTemperature(Float32Array.from(logProbabilities), labels, classes);
      expect(fit.logLossBefore).toBeCloseTo(before, 10);
      // Flat at its bottom: losses agree more closely than the place of the minimum.
      expect(fit.logLossAfter).toBeLessThan(after + 1e-10);
      if (!fit.atBound) {
        expect(Math.abs(fit.temperature / temperature - 1)).toBeLessThan(1e-5);
      }
    }
    expect(
      golden.cases.filter(({ temperature }) => Math.abs(temperature - 1) > 0.2).length,
    ).toBeGreaterThan(20);
  });

  it("says so where every row is right: no finite temperature is best", () => {
    const sure = Float32Array.of(Math.log(0.9), Math.log(0.1), Math.log(0.2), Math.log(0.8));
    expect(fitTemperature(sure, [0, 1], 2)).toMatchObject({ atBound: true, temperature: 0.05 });
    expect(fitTemperature(sure, [1, 0], 2)).toMatchObject({ atBound: true, temperature: 20 });
  });

  it("refuses no rows and values that are no logarithms", () => {
    expect(() => fitTemperature([], [], 2)).toThrow("needs held-out rows");
    expect(() => fitTemperature([-0.1, Number.NaN], [0], 2)).toThrow("row 1 is NaN");
  });
});

describe("applyTemperature", () => {
  const rows = fc.array(
    fc.array(fc.float({ min: -20, max: 20, noNaN: true }), { minLength: 3, maxLength: 3 }),
    {
      minLength: 1,
    },
  );

  it("gives distributions, changes no prediction, and does nothing at 1", () => {
    fc.assert(
      fc.property(rows, fc.double({ min: 0.1, max: 10, noNaN: true }), (logits, temperature) => {
        const plain = applyTemperature(logits.flat(), 3, 1);
        const scaled = applyTemperature(plain, 3, temperature);
        for (let row = 0; row < logits.length; row++) {
          const before = plain.subarray(3 * row, 3 * row + 3);
          const after = scaled.subarray(3 * row, 3 * row + 3);
          expect(after.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 5);
          const top = before.indexOf(Math.max(...before));
          expect(after[top]).toBe(Math.max(...after));
        }
        applyTemperature(plain, 3, 1).forEach((value, cell) => {
          expect(value).toBeCloseTo(plain[cell] ?? Number.NaN, 4);
        });
      }),
    );
  });
});

describe("cross-fitting", () => {
  it("puts every row's own held-out values in its place", () => {
    const folds = [
      [1, 3],
      [0, 2, 4],
    ];
    const heldOut = [Float32Array.of(10, 11, 30, 31), Float32Array.of(0, 1, 20, 21, 40, 41)];
    expect([...outOfFold(folds, heldOut, 2)]).toEqual([0, 1, 10, 11, 20, 21, 30, 31, 40, 41]);
    expect(() => outOfFold([[0], [0]], [Float32Array.of(1), Float32Array.of(1)], 1)).toThrow(
      "exactly one fold",
    );
    expect(() => outOfFold([[0]], [Float32Array.of(1, 2)], 1)).toThrow("another size");
  });

  it("lets several checkers vote by their mean probability", () => {
    const mean = meanLogProbabilities([
      Float32Array.of(Math.log(0.5), Math.log(0.5)),
      Float32Array.of(Math.log(0.1), Math.log(0.9)),
    ]);
    expect(Math.exp(mean[0] ?? 0)).toBeCloseTo(0.3, 6);
    expect(Math.exp(mean[1] ?? 0)).toBeCloseTo(0.7, 6);
    const none = Float32Array.of(Number.NEGATIVE_INFINITY);
    expect([...meanLogProbabilities([none, none])]).toEqual([Number.NEGATIVE_INFINITY]);
    expect(() => meanLogProbabilities([])).toThrow("one length");
  });
});
