import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { at } from "@counterweight/base";
import type { RunEvent } from "@counterweight/experiments";
import {
  findMlflow,
  MlflowClient,
  type MlflowServer,
  startMlflowServer,
  type TrackingStore,
} from "mlflow-js-client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Destination } from "./destination.js";
import { syncFolder } from "./sync-folder.js";
import { exampleEvents } from "./testing/example-run.js";
import { faultsOfExample } from "./testing/faults-of-example.js";
import { readBack } from "./testing/read-back.js";
import { killAndContinue, recordEvents, recordExample } from "./testing/record-example.js";
import { openTracking } from "./tracking.js";

let folder: string;
let runFolder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tracking-"));
  runFolder = join(folder, "run");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Everyday few; `scripts/ci/76-tracking-kills.sh` asks for more. */
const most = Number(process.env.COUNTERWEIGHT_KILLS ?? 6);
const size = { seeds: 1, steps: 40 };
const mlflow = await findMlflow();

describe.skipIf(mlflow === undefined)("recording to a real MLflow server (needs mlflow)", () => {
  let server: MlflowServer;
  let store: TrackingStore;
  beforeAll(async () => {
    server = await startMlflowServer({ timeoutMs: 580_000 });
    store = new MlflowClient({ trackingUri: server.trackingUri });
  }, 600_000);
  afterAll(async () => {
    await store?.close();
    await server?.stop();
  }, 60_000);
  const there = (experiment: string): Destination => ({
    ...{ kind: "server", uri: server.trackingUri, experiment },
  });
  const faults = async (experiment: string) =>
    faultsOfExample(await readBack(store, experiment), size);

  it("has everything of a run, its outputs and where to look", async () => {
    const destination = there("whole");
    const report = await recordExample(size, { runFolder, destination, finishMs: 60_000 });
    expect(report).toMatchObject({ waiting: 0, warnings: [] });
    expect(report.where).toMatch(/#\/experiments\/\d+\/runs\/[0-9a-f]{32}$/);
    expect(await faults("whole")).toEqual([]);
    const { runId } = at(await readBack(store, "whole"), 0).run.info;
    expect(String(await store.downloadArtifact(runId, "results.csv"))).toContain("toy,0.5");
  }, 120_000);

  it("has everything once after kills of the process that delivers", async () => {
    const kills = await killAndContinue(runFolder, there("killed"), {
      ...size,
      most,
      seed: "server",
    });
    expect(kills).toBe(most);
    await syncFolder(runFolder);
    expect(await faults("killed")).toEqual([]);
  }, 600_000);

  it("gets the rest later where it went away in the middle", async () => {
    let broken = false;
    const breaking = new Proxy(store, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        return (...words: unknown[]) => {
          if (broken) return Promise.reject(new Error("away"));
          return Reflect.apply(value, target, words);
        };
      },
    });
    const tracking = await openTracking({
      ...{ runFolder, destination: there("restarted"), now: () => new Date() },
      ...{ intervalMs: 20, finishMs: 200, store: breaking },
    });
    for (const [index, event] of exampleEvents(size).entries()) {
      tracking.see(event as unknown as RunEvent);
      if (index !== 120) continue;
      const children = async () => (await readBack(store, "restarted"))[0]?.children.length ?? 0;
      while ((await children()) === 0) await sleep(20);
      broken = true;
    }
    const report = await tracking.finish("done", folder);
    expect(report.waiting).toBeGreaterThan(5);
    const [synced] = await syncFolder(folder);
    expect(synced).toMatchObject({ waiting: 0, warnings: [] });
    expect(await faults("restarted")).toEqual([]);
  }, 120_000);

  it("keeps aside what it will never take, and takes the rest", async () => {
    const options = { runFolder, destination: there("refused"), finishMs: 60_000 };
    const events = exampleEvents(size);
    await recordEvents(events.slice(0, 60), options);
    const gone = at(at(await readBack(store, "refused"), 0).children, 0);
    await store.deleteRun(gone.run.info.runId);
    const report = await recordEvents(events, options);
    expect(report.waiting).toBe(0);
    expect(report.warnings.join()).toContain("refused.jsonl");
    const [after] = await readBack(store, "refused");
    expect(after?.run.info.status).toBe("FINISHED");
    expect(after?.children.length).toBe(2);
  }, 120_000);
});
