import { at, randomStream } from "@counterweight/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomPlan } from "../testing/random-plan.js";
import { type Level, readiness } from "./readiness.js";
import { stepGraph } from "./step-graph.js";

const levels: readonly Level[] = ["absent", "given", "done"];

describe("readiness", () => {
  it("counts what the definitions say, whatever changes", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 30 }), (seed, length) => {
        const graph = stepGraph(randomPlan(seed, length));
        const isTransparent = (index: number) => at(graph.steps, index).place === "here";
        const chains = (dependant: number) => !isTransparent(dependant);
        const opened: number[] = [];
        const ready = readiness(graph, { chains, isTransparent }, (index) => opened.push(index));
        const own: Level[] = graph.steps.map(() => "absent");
        const patient = new Set<number>();
        /** A light step counts as given where all behind it is at least that. */
        const reached = (index: number): boolean =>
          own[index] !== "absent" ||
          (isTransparent(index) && at(graph.needs, index).every(reached));
        const isOpen = (index: number): boolean =>
          at(graph.needs, index).every(
            (need) =>
              own[need] === "done" || (chains(index) && !patient.has(index) && reached(need)),
          );
        const places = [...graph.steps.keys()];
        const random = randomStream("levels", seed);
        let before = places.filter(isOpen);
        expect(places.filter(ready.isOpen)).toEqual(before);
        for (let change = 0; change < 40; change++) {
          const index = random.integer(length);
          opened.length = 0;
          if (random.integer(10) === 0) {
            patient.add(index);
            ready.makePatient(index);
          } else {
            const level = at(levels, random.integer(3));
            own[index] = level;
            ready.setLevel(index, level);
            const now = places.filter(isOpen);
            expect([...opened].sort((a, b) => a - b)).toEqual(
              now.filter((each) => !before.includes(each)),
            );
          }
          before = places.filter(isOpen);
          expect(places.filter(ready.isOpen)).toEqual(before);
          expect(ready.hasAll(index)).toBe(
            at(graph.needs, index).every((need) => own[need] === "done"),
          );
        }
      }),
      { numRuns: 100 },
    );
  });
});
