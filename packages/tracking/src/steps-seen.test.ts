import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addStep, hasStep, type Steps } from "./steps-seen.js";

describe("steps seen", () => {
  it("hold what a set holds, in ranges that neither meet nor touch", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 60 }), (added) => {
        let steps: Steps | undefined;
        const all = new Set<number>();
        for (const step of added) {
          steps = addStep(steps, step);
          all.add(step);
        }
        for (let step = -1; step <= 41; step++) expect(hasStep(steps, step)).toBe(all.has(step));
        const ends = steps ?? [];
        for (let index = 2; index < ends.length; index += 2) {
          expect(ends[index] ?? 0).toBeGreaterThan((ends[index - 1] ?? 0) + 1);
        }
      }),
    );
  });
});
