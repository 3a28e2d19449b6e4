import fc from "fast-check";
import { expect, it } from "vitest";
import { memoryStore } from "../testing/memory-store.js";
import { randomPlan } from "../testing/random-plan.js";
import { findSteps } from "./find-steps.js";
import { stepGraph } from "./step-graph.js";

it("a list of the store and a plan's graph find what looks at each step find", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.infiniteStream(fc.tuple(fc.boolean(), fc.boolean())),
      async (seed, picks) => {
        const steps = randomPlan(seed, 30);
        const store = memoryStore();
        const wantedKeys = new Set<string>();
        for (const { key } of steps) {
          const [isThere, isWanted] = picks.next().value;
          if (isThere) store.put(key);
          if (isWanted) wantedKeys.add(key);
        }
        const wanted = (key: string): boolean => wantedKeys.has(key);
        const found = await findSteps(steps, store, { wanted, prove: false });
        const present = new Set(await store.keys());
        const options = { wanted, prove: false, present };
        expect(await findSteps(stepGraph(steps), store, options)).toEqual(found);
        for (const key of found.toMake) expect(present.has(key)).toBe(false);
        for (const key of wantedKeys) {
          expect(found.found.has(key) || found.toMake.has(key)).toBe(true);
        }
      },
    ),
    { numRuns: 50 },
  );
});
