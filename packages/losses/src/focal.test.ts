import { at } from "@counterweight/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { focal } from "./focal.js";
import { runLoss } from "./losses.fixture.js";

/** Loss, and its slope in the given label's logit, of one row of two classes. */
function row(logit: number, gamma: number): { loss: number; slope: number; weight: number } {
  const { loss, gradient, weight } = runLoss(focal, gamma, {
    logits: [[logit, 0]],
    labels: [0],
    quality: [1],
    diversity: [1],
  });
  return { loss: at(loss, 0), slope: at(gradient, 0), weight: at(weight, 0) };
}

/**
 * By hand, for two classes and logit z of the given label: q = 1 - p = 1 / (1 + e^z) and
 * log p = -log(1 + e^-z), neither of which loses digits where p is near 1;
 * d/dz (-q^gamma log p) = q^gamma p (gamma log p) - q^gamma q.
 */
function byHand(z: number, gamma: number): { loss: number; slope: number; weight: number } {
  const q = 1 / (1 + Math.exp(z));
  const p = 1 / (1 + Math.exp(-z));
  const logP = -Math.log1p(Math.exp(-z));
  return {
    weight: q ** gamma,
    loss: -(q ** gamma) * logP,
    slope: q ** gamma * (gamma * p * logP - q),
  };
}

describe("focal", () => {
  const exponents = fc.double({ min: 0.05, max: 3, noNaN: true });

  test("keeps its digits from p near 0 to p near 1, for every gamma", () => {
    fc.assert(
      fc.property(fc.double({ min: -30, max: 14, noNaN: true }), exponents, (z, gamma) => {
        const [actual, wanted] = [row(z, gamma), byHand(z, gamma)];
        // log p itself comes from logSoftmax, which is good to 1e-15 absolute: 1e-9 of 1 - p here.
        const tolerance = 1e-13 + 1e-15 * Math.exp(Math.max(0, z));
        for (const key of ["loss", "slope", "weight"] as const) {
          const difference = Math.abs(actual[key] - wanted[key]);
          expect(
            difference <= tolerance * Math.max(1, Math.abs(wanted[key])),
            `${key} at z = ${z}, gamma = ${gamma}: ${actual[key]}, not ${wanted[key]}`,
          ).toBe(true);
        }
      }),
    );
  });

  test("is 0 with gradient 0 where p rounds to 1, for gamma below, at and above 1", () => {
    // (1 - p)^gamma has an infinite slope at p = 1 for gamma < 1; times log p it is 0.
    fc.assert(
      fc.property(fc.double({ min: 40, max: 700, noNaN: true }), exponents, (z, gamma) => {
        const { loss, slope, weight } = row(z, gamma);
        expect([Math.abs(loss), Math.abs(slope), weight]).toEqual([0, 0, 0]);
      }),
    );
  });

  test("grows like -log p where p underflows", () => {
    expect(row(-800, 0.5)).toEqual({ loss: 800, slope: -1, weight: 1 });
    expect(row(-800, 2)).toEqual({ loss: 800, slope: -1, weight: 1 });
  });
});
