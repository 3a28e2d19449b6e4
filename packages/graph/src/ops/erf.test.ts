import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { erfc } from "./erf.js";

const golden: { readonly erfc: readonly (readonly [number, number])[] } = JSON.parse(
  readFileSync(new URL("../../golden/erf.json", import.meta.url), "utf8"),
);

test("erfc equals scipy's over the whole range of float64", () => {
  expect(golden.erfc.length).toBeGreaterThan(500);
  for (const [x, wanted] of golden.erfc) {
    const difference = Math.abs(erfc(x) - wanted);
    // Results below the smallest normal number have few digits themselves.
    const allowed = wanted > 2.3e-308 ? 2e-14 * wanted : 1e-307;
    expect(difference <= allowed, `erfc(${x}) = ${erfc(x)}, scipy says ${wanted}`).toBe(true);
  }
});

test("erfc of what is no number or infinite", () => {
  expect(erfc(Number.NaN)).toBeNaN();
  expect(erfc(Number.POSITIVE_INFINITY)).toBe(0);
  expect(erfc(Number.NEGATIVE_INFINITY)).toBe(2);
});
