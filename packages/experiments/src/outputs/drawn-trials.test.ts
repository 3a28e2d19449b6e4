import fc from "fast-check";
import { expect, it } from "vitest";
import type { Trial } from "../spec/trials.js";
import { drawnTrials, mostDrawn } from "./drawn-trials.js";

const trial = fc.record<Trial>({
  variant: fc.constantFrom("", "epochs=1", "epochs=2"),
  benchmark: fc.constantFrom("a", "b"),
  generated: fc.constant("g"),
  checkerFraction: fc.constantFrom(0.1, 1),
  seed: fc.nat(200),
  method: fc.constantFrom("ce", "imp", "dimp"),
  loss: fc.constant("ce"),
  gamma: fc.constant(1),
  settings: fc.constant({}),
});

it("draws all of few trials, and of many each method under each condition as long as there is room", () => {
  fc.assert(
    fc.property(fc.array(trial, { maxLength: 2 * mostDrawn, size: "max" }), (trials) => {
      const outcomes = trials.map((one) => ({ trial: one }));
      const drawn = drawnTrials(outcomes);
      if (outcomes.length <= mostDrawn) {
        expect(drawn).toBe(outcomes);
        return;
      }
      expect(drawn.length).toBeLessThanOrEqual(mostDrawn);
      const place = ({ trial: one }: { trial: Trial }) =>
        `${one.variant} ${one.benchmark} ${one.checkerFraction} ${one.method}`;
      // Here are 36 conditions and methods: room for all, each with its first trial.
      const places = [...new Set(outcomes.map(place))];
      expect(drawn.map(place)).toEqual(places);
      for (const one of drawn) {
        expect(outcomes.find((other) => place(other) === place(one))).toBe(one);
      }
    }),
  );
});

it("stops where there is no more room", () => {
  const many = Array.from({ length: 3 * mostDrawn }, (_, index) => ({
    trial: { ...base, method: `m${index}` },
  }));
  expect(drawnTrials(many)).toEqual(many.slice(0, mostDrawn));
});

const base: Trial = {
  ...{ variant: "", benchmark: "a", generated: "g", checkerFraction: 1, seed: 0 },
  ...{ method: "ce", loss: "ce", gamma: 1, settings: {} },
};
