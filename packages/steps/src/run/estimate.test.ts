import { at, randomStream } from "@counterweight/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Step } from "../step.js";
import { memoryStore } from "../testing/memory-store.js";
import { randomPlan, toyStep } from "../testing/random-plan.js";
import { estimate, simulate } from "./estimate.js";
import { collectMeasurements, type Measurement } from "./measurements.js";
import { stepGraph } from "./step-graph.js";

const secondsOf = ({ cost }: Step) => cost.units;

/** The best of all ways to run steps on equal workers, by trying each choice at each moment. */
function shortest(steps: readonly Step[], workers: number): number {
  const index = new Map(steps.map(({ key }, each) => [key, each]));
  const needs = steps.map((step) => step.needs.map((key) => index.get(key) ?? -1));
  let best = Number.POSITIVE_INFINITY;
  const go = (now: number, ends: readonly (number | undefined)[]) => {
    if (now >= best) return;
    const busy = ends.filter((end) => end !== undefined && end > now).length;
    const done = (each: number) => (ends[each] ?? Number.POSITIVE_INFINITY) <= now;
    if (ends.every((_, each) => done(each))) {
      best = now;
      return;
    }
    if (busy < workers) {
      for (const each of steps.keys()) {
        if (ends[each] !== undefined || !at(needs, each).every(done)) continue;
        go(now, ends.with(each, now + at(steps, each).cost.units));
      }
    }
    const next = ends.filter((end): end is number => end !== undefined && end > now);
    if (next.length > 0) go(Math.min(...next), ends);
  };
  go(
    0,
    steps.map(() => undefined),
  );
  return best;
}

const away = (steps: readonly Step[]) =>
  steps.map((step) => ({ ...step, place: "executor" as const }));

const longestWay = (steps: readonly Step[]): number => {
  const ends = new Map<string, number>();
  for (const { key, needs, cost } of steps) {
    ends.set(key, cost.units + Math.max(0, ...needs.map((need) => ends.get(need) ?? 0)));
  }
  return Math.max(0, ...ends.values());
};

describe("simulate", () => {
  it("stays within Graham's bound of the best of all schedules, found by trying each", () => {
    let exact = 0;
    for (let seed = 0; seed < 60; seed++) {
      const steps = away(randomPlan(seed, 6));
      for (const workers of [2, 3]) {
        const best = shortest(steps, workers);
        const simulated = simulate(stepGraph(steps), secondsOf, workers);
        expect(simulated).toBeGreaterThanOrEqual(best);
        // R. L. Graham, Bounds on multiprocessing timing anomalies (1969): 2 - 1 / workers.
        expect(simulated).toBeLessThanOrEqual((2 - 1 / workers) * best);
        if (simulated === best) exact += 1;
      }
    }
    expect(exact).toBeGreaterThan(100);
  });

  it("is the sum on one worker, and the longest way on many", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 60 }), (seed, length) => {
        const steps = away(randomPlan(seed, length));
        const graph = stepGraph(steps);
        const sum = steps.reduce((total, step) => total + step.cost.units, 0);
        expect(simulate(graph, secondsOf, 1)).toBe(sum);
        expect(simulate(graph, secondsOf, length + 1)).toBe(longestWay(steps));
      }),
    );
  });
});

const measurement = (shape: string, units: number, seconds: number): Measurement => ({
  ...{ kind: "train", shape, units, seconds, machine: "m", executor: "pool" },
  peakMemoryBytes: 100 * units,
});

const train = (name: string, shape: string, units: number): Step => {
  const step = toyStep(name, [], { kind: "train", units });
  return { ...step, cost: { shape, units } };
};

const options = { isDone: () => false, executor: { name: "pool", workers: 2 } };

describe("estimate", () => {
  it("finds the fixed part and the part a unit, whatever one outlier says", () => {
    const random = randomStream("estimate");
    const measured = Array.from({ length: 20 }, (_, each) => {
      const units = 10 * (1 + (each % 5));
      return measurement("a", units, (3 + 0.5 * units) * (1 + 0.02 * random.normal()));
    });
    measured.push(measurement("a", 10, 500));
    const { costs, guess } = estimate([train("one", "a", 200)], { ...options, measured });
    const [cost] = [...costs.values()];
    expect(guess).toBe(false);
    expect(Math.abs((cost?.seconds ?? 0) / 103 - 1)).toBeLessThan(0.1);
  });

  it("takes one record of the shape as it is, and calls another shape's a guess", () => {
    const measured = [
      measurement("train 6ef0 batch 32 length 128", 100, 50),
      measurement("train 6ef0 batch 32 length 16", 100, 5),
    ];
    const known = train("known", "train 6ef0 batch 32 length 128", 200);
    const near = train("near", "train 6ef0 batch 32 length 100", 200);
    const far = toyStep("far", [], { kind: "score", units: 3 });
    expect(estimate([known], { ...options, measured })).toMatchObject({
      ...{ makespanSeconds: 100, workSeconds: 100, guess: false, unknownSteps: 0 },
      peakMemoryBytes: 10_000,
    });
    const all = estimate([known, near, far], { ...options, measured });
    expect(all).toMatchObject({
      ...{ makespanSeconds: 100, workSeconds: 200, guess: true, unknownSteps: 1 },
      peakMemoryBytes: 20_000,
    });
    expect(all.costs.get(near.key)?.guess).toBe(true);
    const rest = estimate([known, near], {
      ...{ ...options, measured },
      isDone: (key) => key === known.key,
    });
    expect(rest.workSeconds).toBe(100);
  });

  it("reads what steps cost from a store's records", async () => {
    const store = memoryStore();
    const machine = { id: "m", cpu: "c", cores: 2, memoryGiB: 8, platform: "p", node: "20" };
    for (let each = 0; each < 50; each++) {
      const { making, cost, key, label } = train(`s${each}`, "a", each + 1);
      const claim = await store.claim(key);
      if (claim.kind !== "mine") throw new Error("held");
      const times = { started: "", ended: "", seconds: 2 * (each + 1) };
      const id = each < 40 ? "m" : "other";
      await claim.lease.publish({
        ...{ making, result: undefined },
        record: {
          ...{ ...times, label, cost, threads: 1, code: {}, executor: "pool", attempt: 1 },
          machine: { ...machine, id },
        },
      });
    }
    const measured = await collectMeasurements(store, { machine: "m" });
    expect(measured).toHaveLength(40);
    expect(measured.every(({ seconds, units }) => seconds === 2 * units)).toBe(true);
    expect(await collectMeasurements(store, { limit: 7 })).toHaveLength(7);
  });
});
