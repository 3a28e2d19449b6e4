import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at, CounterweightError } from "@counterweight/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StepsEvent } from "../events.js";
import type { ExecutorEvent, Runner } from "../executor.js";
import type { Step } from "../step.js";
import { readLog } from "../store/entry-log.js";
import { type FolderStore, folderStore } from "../store/folder-store.js";
import { toyStep } from "../testing/random-plan.js";
import { toyRunner } from "../testing/toy-runner.js";
import { toySweep } from "../testing/toy-sweep.js";
import { inProcess } from "./in-process.js";
import { machineRecord } from "./machine-record.js";
import { type MakeStepOptions, makeStep } from "./make-step.js";
import { runSteps } from "./run-steps.js";

let folder = "";
let store: FolderStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-make-"));
  store = folderStore(join(folder, "store"));
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

async function make(step: Step, runner: Runner, options: Partial<MakeStepOptions> = {}) {
  const events: ExecutorEvent[] = [];
  const log = join(folder, "logs", `${step.key}.log`);
  const outcome = await makeStep(step, {
    ...{ store, runner, executor: "in-process", where: "here", attempt: 1, code: { commit: "c" } },
    ...{ machine: machineRecord(), signal: new AbortController().signal, log },
    on: (event) => void events.push(event),
    ...options,
  });
  return { outcome, events, log: await readFile(log, "utf8").catch(() => "") };
}

const writes =
  (name: string, content: string): Runner =>
  async (_step, { draft }) => {
    await writeFile(join(draft, name), content);
    return { kind: "made", result: { content } };
  };

describe("makeStep", () => {
  it("publishes what the runner wrote, with its making, and finds it the next time", async () => {
    const step = toyStep("one", [], { units: 7 });
    const { outcome, log } = await make(step, writes("a", "x"), { attempt: 2 });
    expect(outcome.kind).toBe("made");
    const lookup = await store.read(step.key);
    if (lookup.kind !== "found") throw new Error(lookup.kind);
    const { making, record, result, files } = lookup.entry;
    expect(making).toEqual(step.making);
    expect(result).toEqual({ content: "x" });
    expect(Object.keys(files)).toEqual(["a"]);
    expect(record).toMatchObject({
      ...{ label: "one", cost: step.cost, threads: 1, executor: "in-process", attempt: 2 },
      ...{ code: { commit: "c" }, machine: machineRecord() },
    });
    expect(record.peakMemoryBytes).toBeGreaterThan(2 ** 20);
    expect(log).toMatch(/one: attempt 2 \(here\).*made in \d/s);
    expect((await make(step, writes("a", "y"))).outcome.kind).toBe("found");
  });

  it("measures the peak of this step, not of a larger one before it", async () => {
    const peakOf = async (name: string, megabytes: number) => {
      const step = toyStep(name);
      await make(step, async () => {
        // Touched, or the system gives no memory for it.
        const buffer = Buffer.alloc(megabytes * 2 ** 20, 1);
        return { kind: "made", result: buffer.length };
      });
      const entry = await store.describe(step.key);
      return (entry?.record.peakMemoryBytes ?? 0) / 2 ** 20;
    };
    const large = await peakOf("large", 300);
    expect(large).toBeGreaterThan(300);
    global.gc?.();
    const before = process.memoryUsage().rss / 2 ** 20;
    const small = await peakOf("small", 1);
    if (process.platform === "linux") expect(small).toBeLessThan(before + 100);
  });

  it("adds up the seconds of attempts that were stopped", async () => {
    const step = toyStep("one");
    const waits: Runner = async (_step, { work }) => {
      await new Promise((resolve) => setTimeout(resolve, 120));
      return (await readdir(work)).includes(".seconds-spent")
        ? { kind: "made", result: null }
        : { kind: "stopped" };
    };
    expect((await make(step, waits)).outcome.kind).toBe("stopped");
    const { outcome } = await make(step, waits);
    expect(outcome.kind).toBe("made");
    expect((await store.describe(step.key))?.record.seconds).toBeGreaterThan(0.23);
  });

  it("publishes the log of all attempts beside the result: events, errors, what was said", async () => {
    const step = toyStep("one");
    const talk = join(folder, "talk.log");
    await writeFile(talk, "before\n");
    const emits =
      (count: number): Runner =>
      async (_step, { emit, draft }) => {
        emit({ type: "count", count });
        await writeFile(talk, `before\nsaid ${count}\n`);
        if (count === 1) throw new RangeError("below 0");
        if (count === 2) return { kind: "stopped" };
        await writeFile(join(draft, "a"), "x");
        return { kind: "made", result: null };
      };
    for (const [index, kind] of ["failed", "stopped", "made"].entries()) {
      await writeFile(talk, "before\n");
      const options = { attempt: index + 1, talk, where: "worker 2" };
      expect((await make(step, emits(index + 1), options)).outcome.kind).toBe(kind);
    }
    const lookup = await store.read(step.key);
    if (lookup.kind !== "found") throw new Error(lookup.kind);
    const { entry } = lookup;
    expect(Object.keys(entry.files)).toEqual(["a"]);
    const lines = ((await readLog(entry)) ?? "").trimEnd().split("\n");
    for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z /);
    const said = lines.map((line) => line.slice(25)).filter((line) => !line.startsWith("    at "));
    const around = (count: number, ...between: string[]) => [
      `one: attempt ${count} (worker 2), key ${step.key}`,
      `{"type":"count","count":${count}}`,
      ...between,
      "the process said:",
      `said ${count}`,
    ];
    expect(said).toEqual([
      ...around(1, "RangeError: below 0"),
      "failed: Unexpected: RangeError: below 0",
      ...around(2),
      "stopped",
      ...around(3, expect.stringMatching(/^ready after \d+\.\d\d s of work$/)),
    ]);
  });

  it("tells errors of the step from mistakes, and keeps the stack", async () => {
    const fails = (error: unknown) => async () => Promise.reject(error);
    const training = new CounterweightError("training", "the loss is not a number.");
    expect((await make(toyStep("a"), fails(training))).outcome).toMatchObject({
      ...{ kind: "failed", again: false, message: "the loss is not a number." },
      errorKind: "training",
    });
    const { outcome, log } = await make(toyStep("b"), fails(new RangeError("below 0")));
    expect(outcome).toMatchObject({ kind: "failed", message: "Unexpected: RangeError: below 0" });
    expect(log).toContain("RangeError: below 0\n    at ");
    const undeclared: Runner = async (_step, { input }) => {
      await input("f".repeat(64));
      return { kind: "made", result: null };
    };
    const reads = await make(toyStep("c"), undeclared);
    expect(reads.outcome).toHaveProperty("message", expect.stringContaining("does not need it"));
    // The lease is free again after each.
    expect((await make(toyStep("b"), writes("a", "x"))).outcome.kind).toBe("made");
  });

  it("stops at the signal, and is held while another makes it", async () => {
    const step = toyStep("one");
    const stop = new AbortController();
    const listens: Runner = (_step, { signal }) =>
      new Promise((resolve) =>
        signal.addEventListener("abort", () => resolve({ kind: "stopped" })),
      );
    const first = make(step, listens, { signal: stop.signal });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const other = folderStore(join(folder, "store"));
    const held = await make(step, writes("a", "x"), { store: other });
    expect(held.outcome).toMatchObject({ kind: "held", by: { process: process.pid } });
    stop.abort();
    expect((await first).outcome).toEqual({ kind: "stopped" });
    expect((await make(step, writes("a", "x"), { store: other })).outcome.kind).toBe("made");
    await other.close();
  });
});

describe("runSteps with a folder", () => {
  it("finds a damaged input in the middle, makes it anew, and goes on", async () => {
    const one = toyStep("one");
    const two = toyStep("two", [one]);
    const three = toyStep("three", [two]);
    const order: string[] = [];
    const runner: Runner = async (step, { draft, input }) => {
      order.push(step.label);
      const texts = [];
      for (const key of step.needs) {
        const entry = await input(key);
        texts.push((await store.file(entry, "out")).toString());
      }
      await writeFile(join(draft, "out"), `${step.label}(${texts.join()})`);
      return { kind: "made", result: null };
    };
    const here = inProcess({ store, runner });
    const run = async () => {
      const events: StepsEvent[] = [];
      for await (const event of runSteps([one, two, three], { store, here, executor: here })) {
        events.push(event);
      }
      return events;
    };
    await run();
    await store.remove(three.key);
    const entry = await store.describe(two.key);
    await writeFile(join(entry?.folder ?? "", "out"), "two(onE())");
    order.length = 0;
    const events = await run();
    expect(order).toEqual(["three", "two", "three"]);
    expect(events.map(({ type, step }) => [type, step])).toEqual([
      ["step-found", one.key],
      ["step-found", two.key],
      ["step-start", three.key],
      ["step-damaged", two.key],
      ["step-start", two.key],
      ["step-made", two.key],
      ["step-start", three.key],
      ["step-made", three.key],
    ]);
    const damaged = at(events, 3);
    expect(damaged).toHaveProperty("movedTo", expect.stringContaining("store"));
    const lookup = await store.read(three.key);
    if (lookup.kind !== "found") throw new Error(lookup.kind);
    expect((await store.file(lookup.entry, "out")).toString()).toBe("three(two(one()))");
  });

  it("waits for another process's step, and takes over where that has died", async () => {
    const step = toyStep("one");
    const other = folderStore(join(folder, "store"));
    const claim = await other.claim(step.key);
    if (claim.kind !== "mine") throw new Error(claim.kind);
    const here = inProcess({ store, runner: writes("a", "x") });
    const types: string[] = [];
    setTimeout(() => void claim.lease.release(), 100);
    const options = { store, here, executor: here, pollMilliseconds: 10 };
    for await (const { type } of runSteps([step], options)) types.push(type);
    expect(types).toEqual(["step-waiting", "step-start", "step-made"]);
    await other.close();
  });

  it("shares a folder with other sweeps: each step is made once, by one of them", async () => {
    const steps = toySweep(3);
    const made: string[] = [];
    const sweep = async (name: string) => {
      const own = folderStore(join(folder, "store"));
      const here = inProcess({ store: own, runner: toyRunner, logs: join(folder, name) });
      const stream = runSteps(steps, { store: own, here, executor: here, pollMilliseconds: 10 });
      for (;;) {
        const next = await stream.next();
        if (next.done === true) {
          await own.close();
          return next.value;
        }
        if (next.value.type === "step-made") made.push(next.value.step);
      }
    };
    const ends = await Promise.all(["a", "b", "c"].map(sweep));
    for (const { done } of ends) expect(done.size).toBe(steps.length);
    expect(made.sort()).toEqual(steps.map(({ key }) => key).sort());
  });
});
