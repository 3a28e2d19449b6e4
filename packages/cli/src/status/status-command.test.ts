import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import type { TrainingBackend } from "@counterweight/experiments";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command, type Outcome, sampleSpec, shareBackend } from "../command.fixture.js";

let folder = "";
let spec = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-status-"));
  spec = join(folder, "sample.yaml");
  await writeFile(spec, sampleSpec);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Looks at the run from outside while it is in its third training step. */
function lookingBackend(look: () => Promise<void>): TrainingBackend {
  const inner = shareBackend();
  let events = 0;
  return {
    ...inner,
    async *train(request) {
      const stream = inner.train(request);
      for (;;) {
        const next = await stream.next();
        if (next.done === true) return next.value;
        yield next.value;
        events += 1;
        if (events === 3) await look();
      }
    },
  };
}

describe("counterweight status", () => {
  it("of a run that goes on: what runs where, how far, with its lease, and who leads it", async () => {
    const out = join(folder, "live");
    let seen: Outcome | undefined;
    let json: Outcome | undefined;
    const words = ["run", spec, "--out", out, "--store", join(folder, "store")];
    const { code } = await command(words, () =>
      lookingBackend(async () => {
        seen = await command(["status", out]);
        json = await command(["status", out, "--json"]);
      }),
    );
    expect(code).toBe(0);
    expect(seen?.code).toBe(0);
    expect(seen?.stdout).toContain("sample, 0 of 2 trials have results");
    expect(seen?.stdout).toContain(`running: process ${process.pid} on ${hostname()}`);
    expect(seen?.stdout).toMatch(/in-process: toy-world, \S+, seed 0, step \d of 2, for 0:0\d/);
    const status = JSON.parse(json?.stdout ?? "");
    expect(status.coordinator).toEqual({ process: process.pid, host: hostname(), alive: true });
    expect(status.trainings).toMatchObject({ all: 3, running: 1, done: 0, waiting: 2 });
    expect(status.running[0].lease.process).toBe(process.pid);
  });

  it("of a run that ended", async () => {
    const { code, stdout } = await command(["status", join(folder, "live")]);
    expect(code).toBe(0);
    expect(stdout).toContain("2 of 2 trials have results");
    expect(stdout).toContain("ended: done");
  });

  it("of a run whose process is gone, with queued jobs and failures", async () => {
    const out = join(folder, "gone");
    await mkdir(out);
    const whole = await readFile(join(folder, "live", "events.jsonl"), "utf8");
    const lines = whole.trimEnd().split("\n");
    const start = lines.findIndex((line) => line.includes('"training-start"'));
    const { training, at, run } = JSON.parse(lines[start] ?? "");
    const further = [
      { at, run, type: "training-failed", training, message: "NaN" },
      { at, run, type: "step-queued", step: "f".repeat(64), where: "job 17_3" },
      {
        ...{ at, run, type: "step-failed", step: "e".repeat(64), attempts: 1 },
        ...{ label: "toy-world, test, 50 rows", message: "the files changed" },
      },
    ];
    const text = [...lines.slice(0, start + 1), ...further.map((event) => JSON.stringify(event))];
    // The last line is half written, as a kill leaves it.
    await writeFile(join(out, "events.jsonl"), `${text.join("\n")}\n{"at":"20`);
    // No process has a number this large.
    const lock = { process: 2 ** 30, host: hostname(), token: "t" };
    await writeFile(join(out, "run.lock"), JSON.stringify(lock));
    const { code, stdout } = await command(["status", out]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/not running: process \d+ on \S+ is gone; the same command continues/);
    expect(stdout).toContain("job 17_3: step ffffffff");
    expect(stdout).toMatch(/failed:\n {2}toy-world, .*: NaN/);
    // Other steps are named too, not only trainings.
    expect(stdout).toContain("  toy-world, test, 50 rows: the files changed");
    const { coordinator } = JSON.parse((await command(["status", out, "--json"])).stdout);
    expect(coordinator.alive).toBe(false);
  });

  it("a folder without a run is said", async () => {
    const { code, stderr } = await command(["status", folder]);
    expect(code).toBe(2);
    expect(stderr).toContain("there is no run in this folder");
  });
});
