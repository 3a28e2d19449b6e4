import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CounterweightError } from "@counterweight/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Runner } from "../executor.js";
import { machineRecord } from "../run/machine-record.js";
import { memoryStore } from "../testing/memory-store.js";
import { toyStep } from "../testing/random-plan.js";
import { readInit, writeInit } from "./init-file.js";
import { jobFiles, prepareFolder, readOrder } from "./job-files.js";
import { makeOrdered } from "./make-ordered.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "slurm-order-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const checker = toyStep("checker");
const other = toyStep("other");
const score = toyStep("score", [checker], { place: "here" });
const column = toyStep("column", [score, other], { place: "here" });
const classifier = toyStep("classifier", [column, checker]);
const order = { step: classifier, attempt: 3, before: [score, column] };

function job(name: string, runner?: Runner) {
  const store = memoryStore(join(folder, name));
  const made: string[] = [];
  const events: string[] = [];
  const stop = new AbortController();
  const usual: Runner = async ({ label }, { emit }) => {
    emit({ type: "progress" });
    made.push(label);
    return { kind: "made", result: {} };
  };
  const run = (needsSeconds = 0) =>
    makeOrdered(order, {
      ...{ store, createRunner: () => runner ?? usual, code: {}, machine: machineRecord() },
      ...{ executor: "slurm", where: "job 1", signal: stop.signal },
      ...{ needsSeconds, leaseSeconds: 60, pauseMilliseconds: 5 },
      on: ({ type }) => events.push(type),
    });
  return { store, made, events, stop, run };
}

describe("makeOrdered", () => {
  it("makes the light steps that are missing, then its own, whose events alone it tells", async () => {
    const { store, made, events, run } = job("all");
    store.put(checker.key);
    store.put(other.key);
    expect(await run()).toMatchObject({ outcome: { kind: "made" } });
    expect(made).toEqual(["score", "column", "classifier"]);
    expect(events).toEqual(["started", "progress"]);
    const attempts = [score, classifier].map(
      async ({ key }) => (await store.describe(key))?.record,
    );
    expect(await Promise.all(attempts)).toMatchObject([{ attempt: 1 }, { attempt: 3 }]);
  });

  it("asks nothing of what is only behind an entry", async () => {
    const { store, made, run } = job("behind");
    for (const { key } of [checker, column]) store.put(key);
    expect(await run()).toMatchObject({ outcome: { kind: "made" } });
    expect(made).toEqual(["classifier"]);
  });

  it("waits for a light step that another makes, and makes it where that is given up", async () => {
    const published = job("published");
    for (const { key } of [checker, other]) published.store.put(key);
    published.store.hold(score.key);
    const ended = published.run();
    await sleep(30);
    expect(published.made).toEqual([]);
    published.store.put(score.key);
    expect(await ended).toMatchObject({ outcome: { kind: "made" } });
    expect(published.made).toEqual(["column", "classifier"]);

    const freed = job("freed");
    for (const { key } of [checker, other]) freed.store.put(key);
    freed.store.hold(score.key);
    setTimeout(() => freed.store.free(score.key), 30);
    expect(await freed.run()).toMatchObject({ outcome: { kind: "made" } });
    expect(freed.made).toEqual(["score", "column", "classifier"]);

    const stopped = job("stopped");
    for (const { key } of [checker, other]) stopped.store.put(key);
    stopped.store.hold(score.key);
    setTimeout(() => stopped.stop.abort(), 30);
    expect(await stopped.run()).toEqual({ outcome: { kind: "stopped" } });
  });

  it("says which light step failed, and which need is not there", async () => {
    const failing = job("failing", async ({ label }) => {
      if (label === "column") throw new CounterweightError("data", "the rows changed.");
      return { kind: "made", result: {} };
    });
    for (const { key } of [checker, other]) failing.store.put(key);
    expect(await failing.run()).toMatchObject({
      outcome: {
        ...{ kind: "failed", message: "the rows changed.", again: false, errorKind: "data" },
        before: column.key,
      },
    });
    const early = job("early");
    early.store.put(checker.key);
    expect(await early.run()).toMatchObject({
      ...{ outcome: { kind: "input-lost", input: other.key }, absentNeed: other.key },
    });
    // It may come later over the shared file system.
    setTimeout(() => early.store.put(other.key), 100);
    expect(await early.run(30)).toMatchObject({ outcome: { kind: "made" } });
  });
});

describe("what jobs start with", () => {
  it("stands in one file for all of them, and is proven when read", async () => {
    const place = join(folder, "executor");
    const init = { sources: { irony: { rows: [1, 2.5, null, "é"] } }, store: "/shared" };
    const initSha256 = await writeInit(place, init);
    expect(await writeInit(place, init)).toBe(initSha256);
    const files = jobFiles(join(place, "jobs", checker.key));
    await prepareFolder(files, { step: checker, attempt: 1, initSha256 }, { fresh: true });
    const written = await readOrder(files);
    if (written === undefined) throw new Error("no order");
    const patience = { patienceSeconds: 0, signal: new AbortController().signal };
    expect(await readInit(files, written, patience)).toEqual(init);
    const file = join(place, "init", `${initSha256}.json`);
    writeFileSync(file, JSON.stringify({ ...init, store: "/other" }));
    await expect(readInit(files, written, patience)).rejects.toThrow(/does not match its hash/);
    rmSync(file);
    await expect(readInit(files, written, patience)).rejects.toThrow(/is missing/);
    // An order of its own may hold it.
    expect(await readInit(files, { step: checker, attempt: 1, init }, patience)).toEqual(init);
  });
});
