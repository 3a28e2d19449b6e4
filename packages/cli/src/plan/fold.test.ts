import fc from "fast-check";
import { expect, test } from "vitest";
import { shareLines } from "./fold.js";

const sizes = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 30 });

/** Lines that a group takes: its items, and one that counts the rest. */
const lines = (size: number, shown: number): number =>
  shown === size || shown === 0 ? shown : shown + 1;

test("shown items and the lines that count the rest stay within the budget", () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: -5, max: 300 }), (all, budget) => {
      const shown = shareLines(all, budget);
      const used = shown.reduce((sum, own, index) => sum + lines(all[index] ?? 0, own), 0);
      expect(used).toBeLessThanOrEqual(Math.max(0, budget));
      for (const [index, own] of shown.entries()) expect(own).toBeLessThanOrEqual(all[index] ?? 0);
    }),
  );
});

test("where all fit, all are shown", () => {
  fc.assert(
    fc.property(sizes, fc.nat(50), (all, spare) => {
      const need = all.reduce((sum, size) => sum + size, 0);
      expect(shareLines(all, need + spare)).toEqual(all);
      expect(shareLines(all, Number.POSITIVE_INFINITY)).toEqual(all);
    }),
  );
});

test("folded groups are shown about equally", () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: 0, max: 300 }), (all, budget) => {
      const shown = shareLines(all, budget);
      const folded = shown.filter((own, index) => own < (all[index] ?? 0));
      if (folded.length > 0) {
        const [most, least] = [Math.max(...folded), Math.min(...folded)];
        expect(most - least).toBeLessThanOrEqual(2);
      }
    }),
  );
});
