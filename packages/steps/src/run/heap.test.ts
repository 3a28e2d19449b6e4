import fc from "fast-check";
import { expect, it } from "vitest";
import { createHeap } from "./heap.js";

it("gives the least first, whatever was pushed and popped before", () => {
  const action = fc.option(fc.integer({ min: -20, max: 20 }), { freq: 3 });
  fc.assert(
    fc.property(fc.array(action), (actions) => {
      const heap = createHeap<{ readonly value: number }>(
        (left, right) => left.value < right.value,
      );
      let sorted: number[] = [];
      // A null pops; at the end all that is left does.
      for (const value of [...actions, ...actions.map(() => null)]) {
        if (value === null) {
          expect(heap.pop()?.value).toBe(sorted[0]);
          sorted = sorted.slice(1);
        } else {
          heap.push({ value });
          sorted = [...sorted, value].sort((left, right) => left - right);
        }
        expect(heap.size()).toBe(sorted.length);
      }
      expect(heap.pop()).toBeUndefined();
    }),
  );
});
