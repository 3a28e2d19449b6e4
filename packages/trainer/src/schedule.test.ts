import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { learningRateAt, type ScheduleKind, scheduleFactor } from "./schedule.js";

interface Case {
  kind: ScheduleKind;
  totalSteps: number;
  warmupSteps: number;
  factors: number[];
}

// Made by scripts/golden/schedules.py.
const cases: Case[] = JSON.parse(
  readFileSync(new URL("../golden/schedules.json", import.meta.url), "utf8"),
);

describe("scheduleFactor", () => {
  it.each(cases)(
    "$kind over $totalSteps steps, $warmupSteps to warm up, is Transformers'",
    ({ factors, ...schedule }) => {
      factors.forEach((factor, step) => {
        expect(scheduleFactor(schedule, step)).toBeCloseTo(factor, 14);
      });
    },
  );

  it("gives step k of K the factor 1 - k/K when linear without warm-up", () => {
    for (let step = 0; step <= 12; step++) {
      expect(scheduleFactor({ kind: "linear", totalSteps: 12 }, step)).toBe((12 - step) / 12);
    }
  });

  it("refuses a warm-up longer than the run", () => {
    expect(() => scheduleFactor({ kind: "cosine", totalSteps: 3, warmupSteps: 4 }, 0)).toThrow(
      /4 warm-up steps in a run of 3 steps/,
    );
  });
});

describe("learningRateAt", () => {
  it("rounds the share of warm-up steps up, as Transformers does", () => {
    const settings = { learningRate: 0.5, schedule: "linear", warmupRatio: 0.15 } as const;
    const rates = Array.from({ length: 5 }, (_, step) => learningRateAt(settings, step, 10));
    expect(rates).toEqual([0, 0.25, 0.5, 0.4375, 0.375]);
  });
});
