import type { Executor, Outcome, Step } from "@counterweight/steps";
import { describe, expect, it } from "vitest";
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
