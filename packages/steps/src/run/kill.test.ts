import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { randomStream } from "@counterweight/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StepsEvent } from "../events.js";
import { folderStore } from "../store/folder-store.js";
import { toySweep } from "../testing/toy-sweep.js";

const sweep = fileURLToPath(new URL("../../dist/testing/toy-sweep.fixture.js", import.meta.url));
/** More for a longer test: scripts/ci/72-kill-steps.sh does 50. */
const kills = Number(process.env.COUNTERWEIGHT_KILLS ?? 6);
const seed = Number(process.env.COUNTERWEIGHT_SEED ?? 0);

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-kill-"));
});
afterEach(async () => {
  // Workers whose coordinator was killed may be at their last writes.
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

interface Sweep {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; events: StepsEvent[]; milliseconds: number }>;
}

function start(out: string): Sweep {
  const began = performance.now();
  const child = spawn(process.execPath, [sweep, out], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve)).then(
    (code) => ({
      code,
      // A killed process may leave half a line.
      events: text
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
      milliseconds: performance.now() - began,
    }),
  );
  return { child, ended };
}

/** Processes whose parent a process is; Linux only. */
async function childrenOf(pid: number): Promise<number[]> {
  const path = `/proc/${pid}/task/${pid}/children`;
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split(" ").filter(Boolean).map(Number);
}

/** Hashes of all files of all entries, by key and name. */
async function filesOf(out: string): Promise<Record<string, unknown>> {
  const store = folderStore(join(out, "store"));
  const found: Record<string, unknown> = {};
  for (const { key } of toySweep()) {
    const lookup = await store.read(key);
    found[key] = lookup.kind === "found" ? lookup.entry.files : lookup.kind;
  }
  await store.close();
  return found;
}

describe.skipIf(process.platform !== "linux")("a sweep that is killed (needs Linux)", () => {
  it(`ends with the same bits after ${kills} kills of coordinators and workers`, async () => {
    const random = randomStream("kill-sweep", seed);
    const whole = join(folder, "whole");
    const undisturbed = await start(whole).ended;
    expect(undisturbed.code).toBe(0);
    const wanted = await filesOf(whole);
    let { milliseconds } = undisturbed;
    let killed = 0;
    let resumed = 0;
    let rounds = 0;
    // Where a kill falls depends on the machine: go on until some were in the middle of a step.
    const enough = () => killed >= kills && (resumed > 0 || killed >= 20 * kills);
    while (!enough()) {
      const out = join(folder, `round-${rounds}`);
      rounds += 1;
      for (;;) {
        const { child, ended } = start(out);
        // The last command of a round is left alone, so that each round ends.
        const victims = enough() ? 0 : 1 + random.integer(2);
        for (let each = 0; each < victims && child.exitCode === null; each++) {
          const moment = (milliseconds * random.float()) / victims;
          await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, moment))]);
          const pid = child.pid ?? 0;
          const workers = await childrenOf(pid);
          const coordinator = workers.length === 0 || random.integer(2) === 0;
          const victim = coordinator ? pid : workers[random.integer(workers.length)];
          if (child.exitCode !== null || victim === undefined) break;
          try {
            process.kill(victim, "SIGKILL");
            killed += 1;
          } catch {
            // It ended by itself just now.
          }
          if (coordinator) break;
        }
        const end = await ended;
        resumed += end.events.filter(
          (event) => event.type === "step-progress" && JSON.stringify(event).includes("resumed"),
        ).length;
        if (end.code === 0) {
          milliseconds = Math.min(milliseconds, end.milliseconds);
          break;
        }
      }
      expect(await filesOf(out)).toEqual(wanted);
    }
    console.log(`${killed} kills in ${rounds} rounds, ${resumed} steps went on in the middle`);
    expect(resumed).toBeGreaterThan(0);
  }, 600_000);

  it("keeps its place at Ctrl-C, and goes on from there", async () => {
    const first = start(folder);
    await new Promise<void>((resolve) => first.child.stdout?.once("data", () => resolve()));
    await new Promise((resolve) => setTimeout(resolve, 150));
    // As a terminal does: to the coordinator and its workers.
    for (const pid of [...(await childrenOf(first.child.pid ?? 0)), first.child.pid ?? 0]) {
      process.kill(pid, "SIGINT");
    }
    const stopped = await first.ended;
    expect(stopped.code).toBe(0);
    expect(stopped.events.filter(({ type }) => type === "step-failed")).toEqual([]);
    const second = await start(folder).ended;
    expect(second.code).toBe(0);
    const done = second.events.filter(({ type }) => type === "step-made" || type === "step-found");
    expect(new Set(done.map(({ step }) => step)).size).toBe(toySweep().length);
  });
});
