import { spawn } from "node:child_process";
import { setMaxListeners } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { randomStream } from "@counterweight/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StepsEvent } from "../../packages/steps/src/events.js";
import type { ExecutorEvent, Outcome } from "../../packages/steps/src/executor.js";
import { inProcess } from "../../packages/steps/src/run/in-process.js";
import type { Step } from "../../packages/steps/src/step.js";
import { toyStep } from "../../packages/steps/src/testing/random-plan.js";
import {
  hasSlurm,
  type SlurmCluster,
  startCluster,
  toySlurm,
} from "../../packages/steps/src/testing/slurm-cluster.js";
import { type ToyRecipe, toyRunner } from "../../packages/steps/src/testing/toy-runner.js";
import { toySweep } from "../../packages/steps/src/testing/toy-sweep.js";

const sweepScript = fileURLToPath(
  new URL("../../packages/steps/dist/testing/slurm-sweep.fixture.js", import.meta.url),
);
const toy = (name: string, counts: number, recipe: ToyRecipe = {}): Step => ({
  ...toyStep(name, [], { settings: { counts } }),
  recipe,
});
const finishedJobs = ({ place }: SlurmCluster): number =>
  readFileSync(join(place, "jobcomp.txt"), "utf8").split("\n").length - 1;
const never = new AbortController().signal;
const report = (line: string) => process.stdout.write(`${line}\n`);

// Run by scripts/ci/80-slurm.sh.
describe.skipIf(!hasSlurm)("faults of a real Slurm (needs slurm)", () => {
  let cluster: SlurmCluster;
  beforeAll(() => {
    // Jobs are forgotten soon, so that an ended job is often one that Slurm no longer knows.
    cluster = startCluster({ SLURM_LOCAL_MIN_JOB_AGE: "5", SLURM_LOCAL_JOBCOMP: "1" });
  }, 120_000);
  afterAll(() => cluster?.down(), 120_000);

  it("waits for a controller that is away while jobs run and while more are submitted", async () => {
    const { store, executor, warnings, folder } = toySlurm(cluster, "restart");
    const on = () => {};
    const first = toy("runs", 20, { milliseconds: 100 });
    let away: Promise<void> | undefined;
    const running = executor.execute(first, {
      signal: never,
      on: (event) => {
        if (event.type === "started") away ??= cluster.stopController();
      },
    });
    while (away === undefined) await sleep(50);
    await away;
    const second = executor.execute(toy("later", 3), { signal: never, on });
    // Its record tells of the end though Slurm does not answer.
    expect(await running).toMatchObject({ kind: "made" });
    await cluster.startController();
    expect(await second).toMatchObject({ kind: "made" });
    await executor.close();
    expect(warnings).toContainEqual(expect.stringMatching(/does not answer/));
    expect(warnings).toContainEqual("Slurm answers again.");
    expect(readdirSync(join(folder, "slurm", "jobs"))).toHaveLength(2);
    await store.close();
  }, 120_000);

  it("takes a job's own record where Slurm has forgotten the job", async () => {
    const step = toy("forgotten", 30, { milliseconds: 50 });
    const first = toySlurm(cluster, "forgotten");
    const leaving = new AbortController();
    const left = first.executor.execute(step, {
      signal: leaving.signal,
      on: (event) => event.type === "started" && leaving.abort(),
    });
    expect(await left).toEqual({ kind: "stopped" });
    await first.executor.close();
    while ((await cluster.slurm("squeue", "-h", "--me", "-t", "all")) !== "") await sleep(500);
    const second = toySlurm(cluster, "forgotten");
    expect(await second.store.has(step.key)).toBe(true);
    await second.store.remove(step.key);
    // The record alone would say "made": the entry must be there too.
    const outcome = await second.executor.execute(step, { signal: never, on: () => {} });
    expect(outcome).toMatchObject({ kind: "failed", message: /not in/ });
    expect(await second.executor.execute(step, { signal: never, on: () => {} })).toMatchObject({
      kind: "made",
    });
    await second.executor.close();
    await Promise.all([first.store.close(), second.store.close()]);
  }, 120_000);

  it("goes on after a coordinator was killed at random moments, with the same jobs", async () => {
    const seed = 1;
    const random = randomStream("slurm-kill", seed);
    const name = "coordinator";
    const trials = 12;
    const { store, folder } = toySlurm(cluster, name);
    const reference = toySlurm(cluster, "undisturbed");
    const before = finishedJobs(cluster);
    let kills = 0;
    for (let ended = false; !ended; ) {
      const process = spawn(globalThis.process.execPath, [sweepScript, folder, String(trials)], {
        stdio: ["ignore", "ignore", "inherit"],
      });
      const exit = new Promise<number | null>((resolve) => process.on("exit", resolve));
      const timer = setTimeout(() => {
        kills += 1;
        process.kill("SIGKILL");
      }, 150 + random.integer(900));
      if (kills >= 25) clearTimeout(timer);
      ended = (await exit) === 0;
      clearTimeout(timer);
    }
    const alone = inProcess({ store: reference.store, runner: toyRunner });
    const steps = toySweep(trials);
    for (const step of steps) {
      await alone.execute(step, { signal: never, on: () => {} });
      const [ours, theirs] = [await store.read(step.key), await reference.store.read(step.key)];
      if (ours.kind !== "found" || theirs.kind !== "found") throw new Error("not made");
      expect(ours.entry.files).toEqual(theirs.entry.files);
      expect(ours.entry.record.attempt).toBe(1);
    }
    report(`coordinator killed ${kills} times (seed ${seed}), ${steps.length} steps alike`);
    // Slurm's own list of ended jobs: none was submitted for a step that had one.
    const made = steps.filter(({ place }) => place === "executor").length;
    const jobs = () => finishedJobs(cluster) - before;
    for (let look = 0; look < 40 && jobs() < made; look++) await sleep(250);
    expect(jobs()).toBe(made);
    expect(kills).toBeGreaterThan(5);
    await Promise.all([store.close(), reference.store.close()]);
  }, 300_000);

  it("makes whole chains alone when the coordinator is killed after its submissions", async () => {
    const trials = 6;
    const { store, folder } = toySlurm(cluster, "alone");
    const reference = toySlurm(cluster, "alone-undisturbed");
    const before = finishedJobs(cluster);
    const steps = toySweep(trials);
    const heavy = new Set(steps.filter(({ place }) => place === "executor").map(({ key }) => key));
    /** Its events by type; killed as soon as all jobs are queued, where that is asked. */
    const coordinate = (kill: boolean) =>
      new Promise<StepsEvent[]>((resolve) => {
        const process = spawn(globalThis.process.execPath, [sweepScript, folder, String(trials)], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        const events: StepsEvent[] = [];
        const queued = new Set<string>();
        createInterface({ input: process.stdout })
          .on("line", (line) => {
            const event: StepsEvent = JSON.parse(line);
            events.push(event);
            if (event.type === "step-queued") queued.add(event.step);
            if (kill && queued.size === heavy.size) process.kill("SIGKILL");
          })
          .on("close", () => resolve(events));
      });
    const first = await coordinate(true);
    // The trainings wait for scores that nobody has made, and whose checkers are not trained yet.
    const made = new Set(first.flatMap((e) => (e.type === "step-made" ? [e.step] : [])));
    expect([...heavy].filter((key) => made.has(key))).toEqual([]);
    while ((await cluster.slurm("squeue", "-h", "--me")) !== "") await sleep(200);
    const scores = steps.filter(({ label }) => label.startsWith("score"));
    expect(scores).toHaveLength(2 * trials);
    for (const { key } of scores) {
      expect((await store.describe(key))?.record.executor).toBe("slurm");
    }
    for (const key of heavy) expect(await store.has(key)).toBe(true);
    const submitted = readdirSync(join(folder, "slurm", "submissions")).length;
    const second = await coordinate(false);
    // What is left are the tables' own steps, which nothing in the queue needs.
    const left = second.filter(({ type }) => type === "step-made").map(({ step }) => step);
    expect(left.toSorted()).toEqual(
      steps.flatMap(({ label, key }) => (label.startsWith("evaluate") ? [key] : [])).toSorted(),
    );
    expect(second.filter(({ type }) => type === "step-queued")).toEqual([]);
    expect(readdirSync(join(folder, "slurm", "submissions"))).toHaveLength(submitted);
    expect(readdirSync(join(folder, "slurm", "init"))).toHaveLength(1);
    for (let look = 0; look < 40 && finishedJobs(cluster) - before < heavy.size; look++) {
      await sleep(250);
    }
    expect(finishedJobs(cluster) - before).toBe(heavy.size);
    const alone = inProcess({ store: reference.store, runner: toyRunner });
    for (const step of steps) {
      await alone.execute(step, { signal: never, on: () => {} });
      const [ours, theirs] = [await store.read(step.key), await reference.store.read(step.key)];
      if (ours.kind !== "found" || theirs.kind !== "found") throw new Error("not made");
      expect(ours.entry.files).toEqual(theirs.entry.files);
    }
    report(
      `coordinator killed after ${heavy.size} submissions; ${scores.length} light steps in jobs`,
    );
    await Promise.all([store.close(), reference.store.close()]);
  }, 120_000);

  it("submits a job that ran out of time again, which goes on where it was", async () => {
    const { store, executor, warnings } = toySlurm(cluster, "time", { minutes: 1 });
    const events: ExecutorEvent[] = [];
    const outcome = await executor.execute(toy("slow", 110, { milliseconds: 1000 }), {
      signal: never,
      on: (event) => events.push(event),
    });
    await executor.close();
    expect(outcome).toMatchObject({ kind: "made" });
    expect(warnings).toEqual([expect.stringMatching(/TIMEOUT/)]);
    expect(events.filter(({ type }) => type === "started")).toHaveLength(2);
    await store.close();
  }, 400_000);

  it("submits 2,000 steps in arrays within the cluster's limits, and takes them back", async () => {
    await cluster.slurm("scontrol", "update", "PartitionName=main", "State=DOWN");
    const leaving = new AbortController();
    setMaxListeners(0, leaving.signal);
    const { store, executor, folder } = toySlurm(cluster, "many", { onAbort: "cancel" });
    const steps = Array.from({ length: 2000 }, (_, index) => toy(`s${index}`, 1));
    const started = performance.now();
    let queued = 0;
    let all = () => {};
    const submitted = new Promise<void>((resolve) => {
      all = resolve;
    });
    const outcomes: Promise<Outcome>[] = steps.map((step) =>
      executor.execute(step, {
        signal: leaving.signal,
        on: ({ type }) => {
          if (type === "queued") queued += 1;
          if (queued === steps.length) all();
        },
      }),
    );
    await submitted;
    const each = (performance.now() - started) / steps.length;
    report(`submission: ${each.toFixed(2)} ms a step, 2,000 steps in arrays`);
    expect(readdirSync(join(folder, "slurm", "submissions"))).toHaveLength(2);
    leaving.abort();
    expect(new Set((await Promise.all(outcomes)).map(({ kind }) => kind))).toEqual(
      new Set(["stopped"]),
    );
    await executor.close();
    expect(await cluster.slurm("squeue", "-h")).toBe("");
    await cluster.slurm("scontrol", "update", "PartitionName=main", "State=UP");
    await store.close();
  }, 300_000);

  it("tells of a job's end soon", async () => {
    const { store, executor } = toySlurm(cluster, "delay", { pollSeconds: 2 });
    const delays: number[] = [];
    for (let index = 0; index < 5; index++) {
      const step = toy(`d${index}`, 10, { milliseconds: 50 });
      await executor.execute(step, { signal: never, on: () => {} });
      const entry = await store.describe(step.key);
      delays.push((Date.now() - Date.parse(entry?.record.ended ?? "")) / 1000);
    }
    await executor.close();
    report(
      `delay from a step's end to its outcome, polling every 2 s: ${delays.map((d) => d.toFixed(2)).join(" ")} s`,
    );
    expect(Math.max(...delays)).toBeLessThan(60);
    await store.close();
  }, 120_000);
});
