import { at, randomStream } from "@counterweight/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StepsEvent, StepsSummary } from "../events.js";
import type { Executor, Outcome } from "../executor.js";
import { missingFor } from "../slurm/dependencies.js";
import type { Step } from "../step.js";
import type { Claim } from "../store.js";
import { type MemoryStore, memoryStore } from "../testing/memory-store.js";
import { randomPlan, toyStep } from "../testing/random-plan.js";
import { type RunStepsOptions, runSteps } from "./run-steps.js";

/** What befalls the attempts at a step, one after the other; then it is made. */
type Fate = "dies" | "fails" | "held" | "loses-input" | "loses-lease" | "published";

interface Rehearsal {
  readonly executor: Executor;
  /** Attempts that got as far as starting and found no other process at it, by key. */
  readonly attempts: Map<string, number>;
  /** Entries that went. */
  readonly removed: ReadonlySet<string>;
  readonly most: () => number;
  readonly problems: string[];
}

/** An executor that takes random time, and does to each attempt what fate says. */
function rehearse(
  store: MemoryStore,
  {
    name,
    capacity,
    takesWaiting = false,
    fates,
    seed = 0,
  }: {
    readonly name: string;
    readonly capacity: number;
    readonly takesWaiting?: boolean;
    readonly fates: (step: Step) => Fate[];
    readonly seed?: number;
  },
): Rehearsal {
  const random = randomStream("rehearsal", seed, name);
  const attempts = new Map<string, number>();
  const left = new Map<string, Fate[]>();
  const inside = new Set<string>();
  const removed = new Set<string>();
  const problems: string[] = [];
  let most = 0;
  const pause = async () => {
    for (let turns = random.integer(4); turns > 0; turns--) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const heldByOther = (claim: Extract<Claim, { kind: "held" }>, { key }: Step): Outcome => {
    attempts.set(key, (attempts.get(key) ?? 0) - 1);
    return claim;
  };
  const end = async (step: Step, fate: Fate | undefined): Promise<Outcome> => {
    switch (fate) {
      case "dies":
        return { kind: "failed", message: "killed", again: true };
      case "fails":
        return { kind: "failed", message: "diverged", again: false };
      case "held": {
        const claim = await store.claim(step.key);
        if (claim.kind === "held") return heldByOther(claim, step);
        if (claim.kind === "published") return { kind: "found" };
        const by = { host: "other", process: 7, token: 1 };
        store.hold(step.key, by);
        setTimeout(() => store.free(step.key), random.integer(4));
        return { kind: "held", by };
      }
      case "loses-lease":
        return { kind: "stopped" };
      case "loses-input": {
        const input = at(step.needs, random.integer(step.needs.length));
        removed.add(input);
        if (await store.has(input)) await store.remove(input);
        return { kind: "input-lost", input, reason: "flipped" };
      }
      case "published":
      case undefined: {
        const claim = await store.claim(step.key);
        if (claim.kind === "held") return heldByOther(claim, step);
        if (claim.kind === "published") return { kind: "found" };
        if (fate === undefined) await pause();
        store.put(step.key);
        return fate === undefined ? { kind: "made", seconds: 1 } : { kind: "found" };
      }
    }
  };
  /** What a job does before its own step; an outcome where that was its end. */
  const makeBefore = async (
    light: readonly Step[],
    on: AbortSignal,
  ): Promise<Outcome | undefined> => {
    for (const step of light) {
      for (let made = false; !made; ) {
        if (on.aborted) return { kind: "stopped" };
        const fate = fates(step)[0];
        const outcome = await end(
          step,
          fate === "held" || fate === "loses-lease" ? undefined : fate,
        );
        if (outcome.kind === "failed")
          return outcome.again ? outcome : { ...outcome, before: step.key };
        if (outcome.kind === "input-lost") return outcome;
        made = outcome.kind !== "held";
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    return undefined;
  };
  const executor: Executor = {
    ...{ name, capacity, takesWaiting },
    execute: async (step, { signal, on, before = [] }) => {
      if (before.length > 0 && !takesWaiting) problems.push(`${step.label} with light steps`);
      if (inside.has(step.key)) problems.push(`${step.label} twice at once`);
      inside.add(step.key);
      most = Math.max(most, inside.size);
      await pause();
      // A queue starts a job when those before it are done.
      const missing = () => missingFor({ step, before }, store.has);
      for (;;) {
        const { others } = await missing();
        if (!takesWaiting || signal.aborted || others.length === 0) break;
        if (!others.some((key) => inside.has(key))) break;
        await pause();
        await new Promise((resolve) => setImmediate(resolve));
      }
      let outcome: Outcome = { kind: "stopped" };
      if (!signal.aborted) {
        // An entry that was there and is not: another dependant found it damaged meanwhile.
        const { others, before: light } = await missing();
        const lost = others.find((key) => store.published.has(key));
        const early =
          lost === undefined && others.length === 0 ? await makeBefore(light, signal) : undefined;
        if (lost !== undefined) {
          outcome = { kind: "input-lost", input: lost, reason: "gone" };
        } else if (others.length > 0) {
          if (!takesWaiting) problems.push(`${step.label} before its needs`);
          outcome = { kind: "failed", message: "DependencyNeverSatisfied", again: true };
        } else if (early !== undefined) {
          outcome = early;
        } else {
          attempts.set(step.key, (attempts.get(step.key) ?? 0) + 1);
          on({ type: "started", where: name });
          await pause();
          const own = left.get(step.key) ?? fates(step);
          left.set(step.key, own);
          outcome = await end(step, own.shift());
        }
      }
      inside.delete(step.key);
      return outcome;
    },
    close: async () => {},
  };
  return { executor, attempts, removed, most: () => most, problems };
}

async function run(steps: readonly Step[], options: RunStepsOptions) {
  const events: StepsEvent[] = [];
  const stream = runSteps(steps, { pollMilliseconds: 1, ...options });
  for (;;) {
    const next = await stream.next();
    if (next.done === true) return { events, summary: next.value };
    events.push(next.value);
  }
}

/** Every step that could be done is done, and no other. */
function checkClosed(steps: readonly Step[], summary: StepsSummary, lost: boolean): void {
  for (const { key, needs } of steps) {
    const ends = [summary.done, summary.failed, summary.skipped, summary.unneeded];
    expect(ends.filter((end) => end.has(key))).toHaveLength(1);
    const because = summary.skipped.get(key);
    if (because !== undefined) {
      expect(summary.failed.has(because)).toBe(true);
      expect(needs.some((need) => summary.failed.has(need) || summary.skipped.has(need))).toBe(
        true,
      );
    } else if (summary.failed.has(key) && !lost) {
      expect(needs.every((need) => summary.done.has(need) || summary.failed.has(need))).toBe(true);
    }
  }
  expect(summary.stopped).toBe(false);
}

/** Each step's own events come in an order that can be. */
function checkOrder(events: readonly StepsEvent[]): void {
  const last = new Map<string, StepsEvent["type"]>();
  const before: Readonly<Record<string, readonly (StepsEvent["type"] | undefined)[]>> = {
    "step-made": ["step-start", "step-progress"],
    "step-retry": ["step-start", "step-progress", "step-taken-over"],
    "step-skipped": [undefined, "step-retry", "step-start", "step-waiting", "step-damaged"],
    "step-damaged": [undefined, "step-made", "step-found"],
  };
  for (const event of events) {
    const allowed = before[event.type];
    if (allowed !== undefined) expect(allowed).toContain(last.get(event.step));
    expect(["step-failed", "step-skipped"]).not.toContain(last.get(event.step));
    last.set(event.step, event.type);
  }
}

const bad: readonly Fate[] = ["dies", "fails", "held", "loses-input", "loses-lease", "published"];

describe("runSteps", () => {
  it("does all that can be done, whatever befalls, within capacity, after its needs", async () => {
    const arbitrary = fc.record({
      seed: fc.nat(),
      length: fc.integer({ min: 0, max: 40 }),
      capacity: fc.integer({ min: 1, max: 5 }),
      takesWaiting: fc.boolean(),
      shared: fc.boolean(),
      trouble: fc.integer({ min: 0, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ seed, length, capacity, takesWaiting, ...rest }) => {
        const steps = randomPlan(seed, length);
        const store = memoryStore();
        const random = randomStream("trouble", seed);
        const there = new Set(steps.filter(() => random.integer(8) === 0).map(({ key }) => key));
        for (const key of there) store.put(key);
        const fateOf = new Map(
          steps.map((step) => {
            const fates: Fate[] = [];
            while (random.integer(10) < rest.trouble) {
              const fate = at(bad, random.integer(bad.length));
              if (fate !== "loses-input" || step.needs.length > 0) fates.push(fate);
            }
            return [step.key, fates];
          }),
        );
        const fates = (step: Step) => [...(fateOf.get(step.key) ?? [])];
        const away = rehearse(store, { name: "away", capacity, takesWaiting, fates, seed });
        const here = rest.shared
          ? away
          : rehearse(store, { name: "here", capacity: 1, fates, seed });
        const { events, summary } = await run(steps, {
          ...{ store, executor: away.executor, here: here.executor, retries: 2 },
        });
        // What was done may be lost again after that.
        const lost = away.removed.size + here.removed.size > 0;
        checkClosed(steps, summary, lost);
        checkOrder(events);
        expect([...away.problems, ...here.problems]).toEqual([]);
        expect(away.most()).toBeLessThanOrEqual(capacity);
        expect(here.most()).toBeLessThanOrEqual(rest.shared ? capacity : 1);
        for (const key of summary.done) expect(lost || (await store.has(key))).toBe(true);
        for (const step of steps) {
          const own = fateOf.get(step.key) ?? [];
          const tried = Math.max(
            ...[away, here].map(({ attempts }) => attempts.get(step.key) ?? 0),
          );
          if (!lost) {
            // Once is enough, and no more than that is published.
            const published = store.published.get(step.key) ?? 0;
            // A job may make a light step that fails here, by chance.
            const mayBe = takesWaiting && step.place === "here" && summary.failed.has(step.key);
            if (!mayBe) expect(published).toBe(summary.done.has(step.key) ? 1 : 0);
            expect(published).toBeLessThanOrEqual(1);
            if (there.has(step.key)) expect(tried).toBe(0);
            expect(tried).toBeLessThanOrEqual(own.length + 1);
          }
          if (summary.failed.has(step.key) && !lost) {
            const deaths = own.filter((fate) => fate === "dies").length;
            expect(own.includes("fails") || deaths > 2).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("ends alike on any executor where fate is the same", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 30 }), async (seed, length) => {
        const steps = randomPlan(seed, length);
        const ends = [];
        for (const [capacity, takesWaiting] of [
          [1, false],
          [4, false],
          [3, true],
          [100, true],
        ] as const) {
          const store = memoryStore();
          const fates = (step: Step): Fate[] => {
            const lot = randomStream("fate", seed, step.key).integer(12);
            return lot === 0 ? ["fails"] : lot === 1 ? ["dies", "dies", "dies"] : ["dies"];
          };
          const away = rehearse(store, { name: "away", capacity, takesWaiting, fates, seed });
          const here = rehearse(store, { name: "here", capacity: 1, fates, seed });
          const executors = { executor: away.executor, here: here.executor };
          const { summary } = await run(steps, { store, ...executors });
          ends.push({
            done: [...summary.done].sort(),
            failed: [...summary.failed.keys()].sort(),
            skipped: [...summary.skipped.keys()].sort(),
          });
        }
        for (const end of ends) expect(end).toEqual(ends[0]);
      }),
      { numRuns: 40 },
    );
  });

  it("gives a queue whole chains, needs first", async () => {
    const store = memoryStore();
    const first = toyStep("first");
    const second = toyStep("second", [first]);
    const third = toyStep("third", [second]);
    const given: string[] = [];
    const release: (() => void)[] = [];
    const queue: Executor = {
      ...{ name: "queue", capacity: 10, takesWaiting: true },
      execute: async (step) => {
        given.push(step.label);
        await new Promise<void>((resolve) => release.push(resolve));
        store.put(step.key);
        return { kind: "made", seconds: 0 };
      },
      close: async () => {},
    };
    const ended = run([first, second, third], { store, executor: queue, here: queue });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(given).toEqual(["first", "second", "third"]);
    for (const each of release) each();
    expect((await ended).summary.done.size).toBe(3);
  });

  it.each([
    { errorKind: "training", isBelieved: true },
    // It may be the disk of one node: the light step is tried here.
    { errorKind: "data", isBelieved: false },
  ] as const)(
    "gives a queue chains through light steps, which come with what is behind them; believes a failure of kind $errorKind: $isBelieved",
    async ({ errorKind, isBelieved }) => {
      const store = memoryStore();
      const read = toyStep("read", [], { place: "here" });
      const checker = toyStep("checker", [read]);
      const score = toyStep("score", [checker], { place: "here" });
      const column = toyStep("column", [score, read], { place: "here" });
      const classifier = toyStep("classifier", [column, read]);
      const steps = [read, checker, score, column, classifier];
      const given = new Map<string, readonly string[]>();
      let failing: (outcome: Outcome) => void = () => {};
      const queue: Executor = {
        ...{ name: "queue", capacity: 10, takesWaiting: true },
        execute: (step, { before = [], signal }) => {
          given.set(
            step.label,
            before.map(({ label }) => label),
          );
          return new Promise((resolve) => {
            signal.addEventListener("abort", () => resolve({ kind: "stopped" }));
            if (step === classifier) failing = resolve;
          });
        },
        close: async () => {},
      };
      // Nothing is made here: the queue goes on alone.
      const here: Executor = {
        ...{ name: "here", capacity: 1, takesWaiting: false },
        execute: (_step, { signal }) =>
          new Promise((resolve) => {
            signal.addEventListener("abort", () => resolve({ kind: "stopped" }));
          }),
        close: async () => {},
      };
      const stop = new AbortController();
      const ended = run(steps, { store, executor: queue, here, signal: stop.signal });
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect([...given]).toEqual([
        ["checker", ["read"]],
        ["classifier", ["read", "score", "column"]],
      ]);
      const problem = { message: "no such row", errorKind };
      failing({ kind: "failed", ...problem, again: false, before: score.key });
      await new Promise((resolve) => setTimeout(resolve, 20));
      stop.abort();
      const { events, summary } = await ended;
      const ends = [
        { type: "step-failed", step: score.key, ...problem, attempts: 1 },
        { type: "step-skipped", step: column.key, because: score.key },
        { type: "step-skipped", step: classifier.key, because: score.key },
      ];
      const told = events.filter(({ type }) => type !== "step-start");
      expect(told).toEqual(isBelieved ? ends : []);
      expect(summary.stopped).toBe(true);
    },
  );

  it("leaves a queue alone whose job makes a light step, and believes its failure", async () => {
    const store = memoryStore();
    const score = toyStep("score", [], { place: "here" });
    const good = toyStep("good", [score]);
    const bad = toyStep("bad", [score]);
    let tries = 0;
    const queue: Executor = {
      ...{ name: "queue", capacity: 10, takesWaiting: true },
      execute: async (step, { signal, before }) => {
        tries += 1;
        expect(before).toEqual([score]);
        store.hold(score.key);
        // Time for others to find it held, several times.
        await new Promise((resolve) => setTimeout(resolve, 40));
        if (signal.aborted) return { kind: "stopped" };
        if (step === bad) return { kind: "failed", message: "diverged", again: false };
        store.put(score.key);
        store.put(good.key);
        return { kind: "made", seconds: 1 };
      },
      close: async () => {},
    };
    const { executor: here } = rehearse(store, { name: "here", capacity: 1, fates: () => [] });
    const { events, summary } = await run([score, good, bad], { store, executor: queue, here });
    expect(tries).toBe(2);
    expect(summary.done).toEqual(new Set([score.key, good.key]));
    expect([...summary.failed]).toEqual([[bad.key, { message: "diverged" }]]);
    expect(events).toContainEqual({ type: "step-found", step: score.key });
  });

  it("starts what others wait for longest first, where seconds are known", async () => {
    const store = memoryStore();
    const short = toyStep("short");
    const long = toyStep("long");
    const after = toyStep("after", [long]);
    const { executor } = rehearse(store, { name: "one", capacity: 1, fates: () => [] });
    const starts = async (seconds?: () => number) => {
      const { events } = await run([short, long, after], {
        ...{ store: memoryStore(), executor, here: executor },
        ...(seconds === undefined ? {} : { seconds }),
      });
      return events.filter(({ type }) => type === "step-start").map(({ step }) => step);
    };
    expect(await starts()).toEqual([short.key, long.key, after.key]);
    expect((await starts(() => 1))[0]).toBe(long.key);
  });

  it("leaves alone what nobody wants, until a damaged entry needs it", async () => {
    const store = memoryStore();
    const data = toyStep("data");
    const model = toyStep("model", [data]);
    const score = toyStep("score", [model]);
    const table = toyStep("table", [score]);
    store.put(score.key);
    const { executor } = rehearse(store, { name: "one", capacity: 2, fates: () => [] });
    const steps = [data, model, score, table];
    const options = { store, executor, here: executor, wanted: (key: string) => key === table.key };
    const first = await run(steps, options);
    expect([...first.summary.unneeded]).toEqual([data.key, model.key]);
    expect([...first.summary.done]).toEqual([score.key, table.key]);

    await store.remove(table.key);
    const losing = rehearse(store, {
      name: "losing",
      capacity: 2,
      fates: (step) => (step === table ? ["loses-input"] : []),
    });
    const second = await run(steps, {
      ...options,
      executor: losing.executor,
      here: losing.executor,
    });
    expect(second.summary.done.size).toBe(4);
    expect(second.summary.unneeded.size).toBe(0);
  });

  it("proves wanted entries before anything runs", async () => {
    const store = memoryStore();
    const one = toyStep("one");
    store.put(one.key);
    store.damage(one.key);
    const { executor } = rehearse(store, { name: "one", capacity: 1, fates: () => [] });
    const { events } = await run([one], { store, executor, here: executor, wanted: () => true });
    expect(events.map(({ type }) => type)).toEqual(["step-damaged", "step-start", "step-made"]);
  });

  it("gives up on a disk that damages each entry", async () => {
    const store = memoryStore();
    const one = toyStep("one");
    const two = toyStep("two", [one]);
    const { executor } = rehearse(store, {
      ...{ name: "one", capacity: 1 },
      fates: (step) => (step === two ? Array.from({ length: 99 }, () => "loses-input") : []),
    });
    const { summary } = await run([one, two], { store, executor, here: executor });
    expect(summary.failed.get(one.key)?.message).toContain("damaged or gone 4 times");
    expect(summary.skipped.get(two.key)).toBe(one.key);
  });

  it("tells what runs to stop, waits for it, and says so", async () => {
    const store = memoryStore();
    const steps = randomPlan(3, 30);
    const stop = new AbortController();
    let inside = 0;
    const executor: Executor = {
      ...{ name: "slow", capacity: 3, takesWaiting: false },
      execute: async (_step, { signal, on }) => {
        inside += 1;
        on({ type: "started", where: "slow" });
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        inside -= 1;
        return { kind: "stopped" };
      },
      close: async () => {},
    };
    setTimeout(() => stop.abort(), 20);
    const options = { store, executor, here: executor, signal: stop.signal };
    const { summary } = await run(steps, options);
    expect(summary.stopped).toBe(true);
    expect(summary.done.size).toBe(0);
    expect(inside).toBe(0);
    // A signal that was there before lets nothing start; a reader that leaves stops all.
    const { events } = await run(steps, options);
    expect(events).toEqual([]);
    for await (const event of runSteps(steps, { store, executor, here: executor })) {
      expect(event.type).toBe("step-start");
      break;
    }
    expect(inside).toBe(0);
  });

  it("refuses a plan that is none", async () => {
    const store = memoryStore();
    const one = toyStep("one");
    const two = toyStep("two", [one]);
    const { executor } = rehearse(store, { name: "one", capacity: 1, fates: () => [] });
    const options = { store, executor, here: executor };
    await expect(run([two, one], options)).rejects.toThrow("two needs one, which does not come");
    await expect(run([two], options)).rejects.toThrow("which is no step");
    await expect(run([one, one], options)).rejects.toThrow("in the plan twice");
    const broken = { ...store, has: () => Promise.reject(new Error("EIO")) };
    await expect(run([one], { ...options, store: broken })).rejects.toThrow("EIO");
  });
});
