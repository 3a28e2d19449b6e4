import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Executor, ExecutorEvent, Outcome } from "../executor.js";
import type { Step } from "../step.js";
import { readLog } from "../store/entry-log.js";
import { folderStore } from "../store/folder-store.js";
import { toyStep } from "../testing/random-plan.js";
import type { ToyRecipe } from "../testing/toy-runner.js";
import type { ToyInit } from "../testing/toy-worker.fixture.js";
import { workerPool } from "./worker-pool.js";

// Node runs no TypeScript: the built package is what a worker loads.
const script = fileURLToPath(new URL("../../dist/testing/toy-worker.fixture.js", import.meta.url));

let folder = "";
let pool: Executor | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-pool-"));
});
afterEach(async () => {
  await pool?.close();
  await rm(folder, { recursive: true, force: true });
});

function open(workers: number, init: Partial<ToyInit> = {}, graceMilliseconds = 20_000): Executor {
  const logs = join(folder, "logs");
  pool = workerPool({
    // Vitest's own arguments would make the worker load sources.
    ...{ workers, script, execArgv: [], logs, graceMilliseconds },
    init: { folder: join(folder, "store"), ...init },
  });
  return pool;
}

const toy = (name: string, recipe: ToyRecipe = {}, counts = 4): Step => ({
  ...toyStep(name, [], { settings: { counts } }),
  recipe,
});

async function execute(executor: Executor, step: Step, signal = new AbortController().signal) {
  const events: ExecutorEvent[] = [];
  const on = (event: ExecutorEvent) => void events.push(event);
  const outcome: Outcome = await executor.execute(step, { signal, on });
  const log = await readFile(join(folder, "logs", `${step.key}.log`), "utf8").catch(() => "");
  return { outcome, events, log };
}

describe("workerPool", () => {
  it("makes steps, with their progress in order and what they said in their log", async () => {
    const executor = open(2);
    const ends = await Promise.all(
      ["a", "b", "c", "d"].map((name) => execute(executor, toy(name, { trouble: "talk" }, 30))),
    );
    for (const { outcome, events, log } of ends) {
      expect(outcome.kind).toBe("made");
      expect(events[0]?.type).toBe("started");
      const counts = events.slice(1).map((event) => event.type === "progress" && event.event);
      const count = (value: number) => ({ type: "count", count: value, counts: 30 });
      expect(counts).toEqual(Array.from({ length: 30 }, (_, each) => count(each + 1)));
      expect(log).toContain("said on the way");
      expect(log).toMatch(/made in \d/);
    }
    const where = ends.map(({ events }) => events[0]?.type === "started" && events[0].where);
    expect(new Set(where)).toEqual(new Set(["worker 1", "worker 2"]));
  });

  it("publishes what a worker emitted and said, also before it was killed", async () => {
    const executor = open(1, { store: "folder" });
    const talks = toy("talks", { trouble: "talk" }, 6);
    const dies = toy("dies", { trouble: "die-once", milliseconds: 400 }, 8);
    expect((await execute(executor, talks)).outcome.kind).toBe("made");
    expect((await execute(executor, dies)).outcome).toMatchObject({ kind: "failed", again: true });
    expect((await execute(executor, dies)).outcome.kind).toBe("made");
    const store = folderStore(join(folder, "store"));
    const logOf = async ({ key }: Step) => {
      const lookup = await store.read(key);
      return lookup.kind === "found" ? readLog(lookup.entry) : lookup.kind;
    };
    expect(await logOf(talks)).toMatch(/Z the process said:\n.*Z said on the way\n/);
    const log = await logOf(dies);
    expect(log).toMatch(/attempt 1 \(worker 1\).*"count":1,.*taken over from.*"type":"resumed"/s);
    for (const count of [1, 5, 8]) expect(log).toContain(`{"type":"count","count":${count},`);
  });

  it("tells a failed step from a dead worker, and replaces that", async () => {
    const executor = open(1);
    const diverged = await execute(executor, toy("diverges", { trouble: "diverge" }));
    expect(diverged.outcome).toMatchObject({
      ...{ kind: "failed", again: false, message: "the loss is not a number." },
      log: expect.stringContaining(".log"),
    });
    const mistaken = await execute(executor, toy("mistake", { trouble: "mistake" }));
    expect(mistaken.outcome).toMatchObject({
      ...{ kind: "failed", again: false },
      message: "Unexpected: TypeError: undefined is not a function",
    });
    expect(mistaken.log).toContain("at toyRunner");
    const left = await execute(executor, toy("exits", { trouble: "exit" }));
    expect(left.outcome).toMatchObject({
      ...{ kind: "failed", again: true },
      message: "Worker 1 ended with exit code 7. Its last lines:\nlast words",
    });
    expect(left.log).toContain("last words\nworker 1 ended with exit code 7");
    const step = toy("dies", { trouble: "die-once" });
    const died = await execute(executor, step);
    expect(died.outcome).toMatchObject({ kind: "failed", again: true });
    expect(died.outcome).toHaveProperty("message", expect.stringContaining("killed by SIGKILL"));
    // Its work folder lives on: the next attempt counts on.
    const second = await execute(executor, step);
    expect(second.outcome.kind).toBe("made");
    expect(second.events[1]).toEqual({
      type: "progress",
      event: { type: "resumed", count: 2 },
    });
  });

  it("stops a step that listens, and kills one that does not", async () => {
    const executor = open(1, {}, 300);
    for (const [name, recipe] of [
      ["listens", { milliseconds: 20 }],
      ["hangs", { trouble: "hang" }],
    ] as const) {
      const stop = new AbortController();
      const end = execute(executor, toy(name, recipe, 1000), stop.signal);
      setTimeout(() => stop.abort(), 400);
      expect((await end).outcome).toEqual({ kind: "stopped" });
    }
    expect((await execute(executor, toy("after"))).outcome.kind).toBe("made");
  });

  it("says why a worker cannot begin", async () => {
    const broken = await execute(open(1, { broken: true }), toy("one"));
    expect(broken.outcome).toMatchObject({
      kind: "failed",
      again: false,
      message: "no such model.",
    });
    await pool?.close();
    pool = workerPool({ workers: 1, script: join(folder, "none.js"), init: {}, logs: folder });
    const missing = await execute(pool, toy("two"));
    expect(missing.outcome).toMatchObject({ kind: "failed", again: true });
    expect(missing.outcome).toHaveProperty(
      "message",
      expect.stringContaining("Cannot find module"),
    );
  });

  it("ends its processes when it is closed in the middle of a step", async () => {
    const executor = open(2);
    const end = execute(executor, toy("long", { milliseconds: 20 }, 10_000));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await executor.close();
    expect((await end).outcome).toEqual({ kind: "stopped" });
  });
});
