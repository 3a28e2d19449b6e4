import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CounterweightError, type Random, randomStream } from "@counterweight/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StepsSummary } from "../events.js";
import type { Runner, RunnerContext } from "../executor.js";
import { inProcess } from "../run/in-process.js";
import { runSteps } from "../run/run-steps.js";
import type { Step } from "../step.js";
import { fakeSlurm } from "../testing/fake-slurm.js";
import { memoryStore } from "../testing/memory-store.js";
import { randomPlan, toyStep } from "../testing/random-plan.js";
import type { RunCommand } from "./client.js";
import { slurmExecutor } from "./executor.js";
import { jobFiles, readExit } from "./job-files.js";

const schedules = Number(process.env.COUNTERWEIGHT_SCHEDULES ?? 5);
const seeds = Array.from({ length: schedules }, (_, seed) => seed);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "slurm-faults-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }), 120_000);

/** Random steps, light ones among them, a made-up Slurm, and coordinators of both. */
function setUp(
  name: string,
  steps: readonly Step[],
  random: Random,
  faults: number,
  onMake: (step: Step, context: RunnerContext) => Promise<void> | void = () => {},
) {
  const place = join(folder, name);
  const store = memoryStore(join(place, "store"));
  const made = new Map<string, number>();
  const runner: Runner = async (step, context) => {
    const { signal } = context;
    for (let turns = random.integer(6); turns > 0 && !signal.aborted; turns--) await sleep(1);
    if (signal.aborted) return { kind: "stopped" };
    await onMake(step, context);
    made.set(step.key, (made.get(step.key) ?? 0) + 1);
    return { kind: "made", result: {} };
  };
  const slurm = fakeSlurm(store, runner, random, faults);
  /** One coordinator, until all is made or the signal ends it. */
  const warnings: string[] = [];
  const coordinate = async (
    signal: AbortSignal,
    { onQueued = () => {}, run = slurm.run }: { onQueued?: () => void; run?: RunCommand } = {},
  ): Promise<StepsSummary> => {
    const executor = slurmExecutor({
      ...{ folder: join(place, "slurm"), store, command: ["worker"], init: { store: place } },
      ...{ pollSeconds: 0.002, settleSeconds: 0.02, resubmissions: 100, run },
      onWarning: (message) => warnings.push(message),
    });
    const here = inProcess({ store, runner });
    const stream = runSteps(steps, { store, here, executor, signal, pollMilliseconds: 2 });
    let next = await stream.next();
    while (next.done !== true) {
      if (next.value.type === "step-queued") onQueued();
      next = await stream.next();
    }
    await executor.close();
    await here.close();
    return next.value;
  };
  return { place, store, made, slurm, coordinate, warnings };
}

describe("slurmExecutor under random faults of a made-up Slurm", () => {
  it.each(seeds)(
    "makes every step, with never two jobs for one (seed %i)",
    async (seed) => {
      const random = randomStream("slurm-faults", seed);
      const steps = randomPlan(seed, 16);
      const { place, store, slurm, coordinate } = setUp(`faults-${seed}`, steps, random, 0.12);
      // The coordinator ends at random moments, and another goes on.
      for (let left = random.integer(6); left > 0; left--) {
        const ending = new AbortController();
        const ended = coordinate(ending.signal);
        await Promise.race([ended, sleep(random.integer(60))]);
        ending.abort();
        await ended;
        // Nobody coordinates for a while.
        for (let looks = random.integer(5); looks > 0; looks--) await slurm.passTime();
      }
      const summary = await coordinate(new AbortController().signal);
      expect(summary.failed).toEqual(new Map());
      expect(summary.done.size).toBe(steps.length);
      expect(slurm.aliveAtOnce()).toBe(1);
      for (const { key } of steps) expect(store.published.get(key)).toBe(1);
      rmSync(place, { recursive: true, force: true });
    },
    180_000,
  );
});

describe("an entry that goes while a job waits", () => {
  it("is made again, on the way where it is light, and then what needs it", async () => {
    for (const gone of ["checker", "score"]) {
      const checker = toyStep("checker");
      const score = toyStep("score", [checker], { place: "here" });
      const classifier = toyStep("classifier", [score, checker]);
      const steps = [checker, score, classifier];
      const { store, made, coordinate } = setUp(gone, steps, randomStream("gone", gone), 0);
      for (const { key } of [checker, score]) store.put(key);
      let removed = false;
      const summary = await coordinate(new AbortController().signal, {
        onQueued: () => {
          if (removed) return;
          removed = true;
          const lost = steps.find(({ label }) => label === gone);
          void store.remove(lost?.key ?? "");
        },
      });
      expect(summary.done.size).toBe(3);
      expect([...made.keys()].length).toBe(2);
    }
  }, 60_000);
});

describe("an entry that is no more", () => {
  it("is made anew where a light step finds that what a job made is damaged", async () => {
    const checker = toyStep("checker");
    const score = toyStep("score", [checker], { place: "here" });
    let damaged = false;
    const random = randomStream("damaged");
    const { store, coordinate } = setUp("damaged", [checker, score], random, 0, async (step, c) => {
      if (step.label !== "score") return;
      if (!damaged) store.damage(checker.key);
      damaged = true;
      await c.input(checker.key);
    });
    const summary = await coordinate(new AbortController().signal);
    expect([...summary.failed]).toEqual([]);
    expect(summary.done.size).toBe(2);
    expect(store.published.get(checker.key)).toBe(2);
  }, 60_000);

  it("is made anew where it went after the plan and before a job was submitted", async () => {
    for (const gone of ["checker", "score"]) {
      const checker = toyStep("checker");
      const score = toyStep("score", [checker], { place: "here" });
      const classifier = toyStep("classifier", [score, checker]);
      const steps = [checker, score, classifier];
      const lost = steps.find(({ label }) => label === gone);
      const random = randomStream("gone early", gone);
      const { store, slurm, coordinate } = setUp(`early-${gone}`, steps, random, 0);
      for (const { key } of [checker, score]) store.put(key);
      let removed = false;
      // The executor asks for Slurm's limits before it submits anything.
      const summary = await coordinate(new AbortController().signal, {
        run: async (file, args, options) => {
          if (file === "scontrol" && !removed) await store.remove(lost?.key ?? "");
          removed = true;
          return slurm.run(file, args, options);
        },
      });
      expect(summary.done.size).toBe(3);
      expect(store.published.get(lost?.key ?? "")).toBe(2);
      expect(store.published.get(classifier.key)).toBe(1);
    }
  }, 60_000);
});

describe("jobs of an earlier run", () => {
  const leave = async (coordinate: ReturnType<typeof setUp>["coordinate"], jobs: number) => {
    const leaving = new AbortController();
    let queued = 0;
    await coordinate(leaving.signal, {
      onQueued: () => {
        queued += 1;
        if (queued === jobs) leaving.abort();
      },
    });
  };
  const first = toyStep("first");
  const second = toyStep("second", [first]);
  const steps = [first, second];

  it("are submitted once more where they were ordered of another build", async () => {
    let rebuilt = true;
    const random = randomStream("rebuilt");
    const { slurm, coordinate, warnings } = setUp("rebuilt", steps, random, 0, () => {
      if (rebuilt) throw new CounterweightError("usage", "the worker was built anew.");
    });
    await leave(coordinate, 2);
    const submitted = slurm.submitted();
    while (await slurm.passTime());
    rebuilt = false;
    const { done, failed } = await coordinate(new AbortController().signal);
    expect([...failed]).toEqual([]);
    expect(done.size).toBe(2);
    expect(slurm.submitted()).toBe(submitted + 2);
    expect(warnings).toContainEqual(
      expect.stringMatching(/^first: .*built anew\. It is submitted/),
    );
  }, 60_000);

  it("fail where today's settings are wrong too", async () => {
    const random = randomStream("wrong");
    const { slurm, coordinate } = setUp("wrong", [first], random, 0, () => {
      throw new CounterweightError("usage", "the worker was built anew.");
    });
    await leave(coordinate, 1);
    const { failed } = await coordinate(new AbortController().signal);
    expect([...failed.values()]).toMatchObject([{ errorKind: "usage" }]);
    expect(slurm.submitted()).toBe(2);
  }, 60_000);

  it("are submitted again where they were cancelled while nobody coordinated", async () => {
    const { slurm, coordinate } = setUp("cancelled", steps, randomStream("cancelled"), 0);
    await leave(coordinate, 2);
    await slurm.run("scancel", ["1", "2"], { timeoutMilliseconds: 1000 });
    const { done, failed } = await coordinate(new AbortController().signal);
    expect([...failed]).toEqual([]);
    expect(done.size).toBe(2);
    expect(slurm.submitted()).toBeGreaterThanOrEqual(4);
  }, 60_000);
});

describe("a queue whose coordinator is gone", () => {
  let lightInJobs = 0;

  it.each(seeds)(
    "makes whole chains by itself, light steps between (seed %i)",
    async (seed) => {
      const random = randomStream("slurm-alone", seed);
      const steps = randomPlan(1000 + seed, 24);
      const { place, store, made, slurm, coordinate } = setUp(`alone-${seed}`, steps, random, 0);
      const heavy = steps.filter((step) => step.place === "executor");
      const leaving = new AbortController();
      let queued = 0;
      await coordinate(leaving.signal, {
        onQueued: () => {
          queued += 1;
          if (queued === heavy.length) leaving.abort();
        },
      });
      expect(queued).toBe(heavy.length);
      while (await slurm.passTime());
      for (const { key, needs } of heavy) {
        for (const each of [key, ...needs]) expect(store.published.get(each)).toBe(1);
      }
      const submitted = slurm.submitted();
      expect(submitted).toBe(heavy.length);
      // One copy of what jobs start with, whatever their number.
      expect(readdirSync(join(place, "slurm", "init"))).toHaveLength(1);
      const summary = await coordinate(new AbortController().signal);
      expect(summary.done.size).toBe(steps.length);
      expect(slurm.submitted()).toBe(submitted);
      for (const step of steps) {
        expect(store.published.get(step.key)).toBe(1);
        expect(made.get(step.key)).toBe(1);
        const by = (await store.describe(step.key))?.record.executor;
        if (step.place === "here" && by === "slurm") lightInJobs += 1;
      }
      rmSync(place, { recursive: true, force: true });
    },
    60_000,
  );

  it("tells of a light step that failed in a job as of any other", async () => {
    const checker = toyStep("checker");
    const score = toyStep("score", [checker], { place: "here" });
    const classifier = toyStep("classifier", [score]);
    const steps = [checker, score, classifier];
    const random = randomStream("failing");
    const { place, slurm, coordinate, warnings } = setUp("failing", steps, random, 0, (step) => {
      if (step.label === score.label) throw new CounterweightError("data", "the rows changed.");
    });
    const leaving = new AbortController();
    let queued = 0;
    await coordinate(leaving.signal, {
      onQueued: () => {
        queued += 1;
        if (queued === 2) leaving.abort();
      },
    });
    while (await slurm.passTime());
    const exit = await readExit(jobFiles(join(place, "slurm", "jobs", classifier.key)));
    expect(exit?.outcome).toMatchObject({ kind: "failed", before: score.key });
    const { done, failed, skipped } = await coordinate(new AbortController().signal);
    expect(done).toEqual(new Set([checker.key]));
    expect([...failed]).toMatchObject([
      [score.key, { message: "the rows changed.", errorKind: "data" }],
    ]);
    expect([...skipped]).toEqual([[classifier.key, score.key]]);
    expect(warnings).toEqual([]);
    expect(slurm.submitted()).toBe(2);
  }, 60_000);

  it("has made light steps in jobs", () => expect(lightInJobs).toBeGreaterThan(0));
});
