import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Executor, Outcome, Step } from "@counterweight/steps";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildDigest, noticingRebuild } from "./build-digest.js";
import { shareBackend } from "./command.fixture.js";
import { workerParts } from "./worker-command.js";

const failing = (outcome: Outcome): Executor => ({
  name: "pool",
  capacity: 1,
  takesWaiting: false,
  execute: async () => outcome,
  close: async () => undefined,
});
const step = {} as Step;
const options = { signal: new AbortController().signal, on: () => undefined };
const another = "0".repeat(64);

describe("a process of a run that was started with other code", () => {
  it("is refused by itself, and says what happened and what to do", async () => {
    const { createRunner } = workerParts(shareBackend());
    const build = await buildDigest();
    expect(build).toMatch(/^[0-9a-f]{64}$/);
    const init = { sources: {}, store: "/nowhere" };
    await expect(createRunner({ ...init, build })).resolves.toBeTypeOf("function");
    for (const other of [{ ...init, build: another }, init]) {
      await expect(createRunner(other)).rejects.toMatchObject({
        kind: "usage",
        message: expect.stringMatching(/rebuilt or updated .* Run the same command again/),
      });
    }
  });

  it("and dies of it: the coordinator says so, where the code on the disk changed", async () => {
    const message = "Worker 1 ended with exit code 1. Its last lines:\nSyntaxError: no export";
    const died: Outcome = { kind: "failed", message, again: true, log: "worker-1.log" };
    const now = buildDigest();
    const as = (outcome: Outcome, build: Promise<string>) =>
      noticingRebuild(failing(outcome), build).execute(step, options);
    expect(await as(died, now)).toBe(died);
    expect(await as(died, Promise.resolve(another))).toMatchObject({
      ...{ kind: "failed", errorKind: "usage", again: false, log: "worker-1.log" },
      message: expect.stringMatching(/rebuilt or updated .* What failed first: Worker 1 ended/),
    });
    const own: Outcome = { kind: "failed", message: "NaN", again: false, errorKind: "training" };
    expect(await as(own, Promise.resolve(another))).toBe(own);
    const made: Outcome = { kind: "made", seconds: 1 };
    expect(await as(made, Promise.resolve(another))).toBe(made);
  });
});

describe("the code of an installation", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "counterweight-build-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function addPackage(place: string, name: string, needs: readonly string[] = []) {
    const own = join(folder, place);
    await mkdir(join(own, "dist"), { recursive: true });
    const all = needs.map((one) => [`@counterweight/${one}`, "0.1.0"]);
    const about = { name: `@counterweight/${name}`, dependencies: Object.fromEntries(all) };
    await writeFile(join(own, "package.json"), JSON.stringify(about));
    await writeFile(join(own, "dist", "index.js"), `export const name = "${name}";\n`);
    return own;
  }

  /** Where a layout puts each package. */
  const layouts = {
    checkout: ["packages/cli", "packages/experiments", "packages/steps", "packages/base"],
    project: ["cli", "experiments", "steps", "base"].map(
      (name) => `project/node_modules/@counterweight/${name}`,
    ),
    global: [
      "lib/node_modules/@counterweight/cli",
      ...["experiments", "steps", "base"].map(
        (name) => `lib/node_modules/@counterweight/cli/node_modules/@counterweight/${name}`,
      ),
    ],
    nested: [
      "nested/node_modules/@counterweight/cli",
      "nested/node_modules/@counterweight/experiments",
      "nested/node_modules/@counterweight/experiments/node_modules/@counterweight/steps",
      "nested/node_modules/@counterweight/base",
    ],
  };

  it("is found however npm laid it out, and what it says is of all packages below", async () => {
    const digests = new Set<string>();
    for (const [layout, [own = "", experiments = "", steps = "", base = ""]] of Object.entries(
      layouts,
    )) {
      const cli = await addPackage(own, "cli", ["experiments"]);
      await addPackage(experiments, "experiments", ["steps", "base"]);
      await addPackage(steps, "steps", ["base"]);
      const lowest = await addPackage(base, "base");
      const digest = await buildDigest(cli);
      digests.add(digest);
      await appendFile(join(cli, "dist", "index.js"), "// nothing of a step\n");
      expect(await buildDigest(cli), layout).toBe(digest);
      await appendFile(join(lowest, "dist", "index.js"), "// another\n");
      expect(await buildDigest(cli), layout).not.toBe(digest);
    }
    expect(digests.size).toBe(1);
  });

  it("is that which Node would load, where another version lies beside the command", async () => {
    const [own = "", experiments = ""] = layouts.global;
    const cli = await addPackage(own, "cli", ["experiments"]);
    await addPackage(experiments, "experiments");
    const digest = await buildDigest(cli);
    const beside = await addPackage(join(own, "../experiments"), "experiments");
    await appendFile(join(beside, "dist", "index.js"), "// another version\n");
    expect(await buildDigest(cli)).toBe(digest);
  });

  it("is missed by name", async () => {
    const cli = await addPackage("lib/node_modules/@counterweight/cli", "cli");
    await expect(buildDigest(cli)).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringContaining("@counterweight/experiments is not installed"),
    });
  });
});
