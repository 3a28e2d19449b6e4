import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at } from "@counterweight/base";
import { openFileStore, type TrackingStore } from "mlflow-js-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Destination } from "./destination.js";
import { importRunFolder } from "./import-run-folder.js";
import { isOperation } from "./operations.js";
import { syncFolder } from "./sync-folder.js";
import { eventLog, exampleEvents } from "./testing/example-run.js";
import { faultsOfExample } from "./testing/faults-of-example.js";
import { readBack } from "./testing/read-back.js";
import { killAndContinue, recordExample } from "./testing/record-example.js";

let folder: string;
let runFolder: string;
let store: TrackingStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tracking-"));
  runFolder = join(folder, "run");
  store = await openFileStore(join(folder, "store"));
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const stored = (experiment = "example"): Destination => ({
  kind: "folder",
  folder: join(folder, "store"),
  experiment,
});
const away: Destination = { kind: "server", uri: "http://127.0.0.1:9", experiment: "example" };

/** Everyday few; `scripts/ci/76-tracking-kills.sh` asks for more. */
const most = Number(process.env.COUNTERWEIGHT_KILLS ?? 6);

describe("recording into the embedded store", () => {
  it("keeps everything of a run, with its outputs", async () => {
    const size = { seeds: 2, steps: 20 };
    const report = await recordExample(size, { runFolder, destination: stored() });
    expect(report).toMatchObject({ waiting: 0, warnings: [], where: join(folder, "store") });
    const runs = await readBack(store, "example");
    expect(faultsOfExample(runs, size)).toEqual([]);
    const { runId } = at(runs, 0).run.info;
    expect(String(await store.downloadArtifact(runId, "results.csv"))).toContain("toy,0.5");
  });

  it("has every point once after many kills", async () => {
    const size = { seeds: 1, steps: 40 };
    const kills = await killAndContinue(runFolder, stored(), { ...size, most, seed: "file store" });
    expect(kills).toBe(most);
    await syncFolder(runFolder);
    expect(faultsOfExample(await readBack(store, "example"), size)).toEqual([]);
  }, 600_000);

  it.each([false, true])("imports a log once, of an earlier version: %s", async (old) => {
    const size = { seeds: 1, steps: 10 };
    const events = exampleEvents({ ...size, old });
    await mkdir(runFolder);
    // A run that was killed, then begun anew.
    const log = `${eventLog(events.slice(0, 30), 1e12)}{"at":"torn\n${eventLog(events, 2e12)}`;
    await writeFile(join(runFolder, "events.jsonl"), log);
    await writeFile(join(runFolder, "report.html"), "<html></html>");
    const first = await importRunFolder(runFolder, stored());
    expect(first.waiting).toBe(0);
    expect(first.warnings).toEqual([expect.stringContaining("line 31")]);
    const runs = await readBack(store, "example");
    expect(faultsOfExample(runs, size)).toEqual([]);
    expect(await importRunFolder(runFolder, stored())).toMatchObject({ delivered: 0, waiting: 0 });
    // Also where nothing on this side remembers the first time.
    await rm(join(runFolder, "tracking-spool"), { recursive: true });
    const third = await importRunFolder(runFolder, stored());
    expect(third.delivered).toBeGreaterThan(10);
    expect(await readBack(store, "example")).toEqual(runs);
  });

  it("records the earlier part of a run too that was not recorded before", async () => {
    const size = { seeds: 1, steps: 10 };
    const events = exampleEvents(size);
    await mkdir(runFolder);
    await writeFile(join(runFolder, "events.jsonl"), eventLog(events.slice(0, 30), 1e12));
    await recordExample(size, { runFolder, destination: stored() });
    const runs = await readBack(store, "example");
    expect(faultsOfExample(runs, size)).toEqual([]);
    const times = at(runs, 0).children.flatMap(({ points }) =>
      Object.values(points).flatMap((metrics) => metrics.map(({ timestamp }) => timestamp)),
    );
    expect(Math.min(...times)).toBeLessThan(2e12 - 1e11);
  });

  it("sends every other record, and names the one that is damaged", async () => {
    const size = { seeds: 1, steps: 20 };
    await recordExample(size, { runFolder, destination: away, finishMs: 50 });
    const spools = join(runFolder, "tracking-spool");
    const [name = ""] = (await readdir(spools)).filter((one) => one.startsWith("server"));
    const [file = ""] = (await readdir(join(spools, name))).filter((one) => one.endsWith(".log"));
    const log = join(spools, name, file);
    const bytes = await readFile(log);
    const begin = bytes.indexOf('{"op":"points"', bytes.length / 2);
    const lost: unknown = JSON.parse(bytes.toString("utf8", begin, bytes.indexOf(10, begin)));
    if (!isOperation(lost) || lost.op !== "points") throw new Error("there are points");
    bytes[begin + 20] = at(bytes, begin + 20) ^ 1;
    await writeFile(log, bytes);
    const [report] = await syncFolder(folder, { store });
    expect(report).toMatchObject({ waiting: 0, busy: false });
    expect(report?.warnings).toEqual([expect.stringMatching(/^record \d+ of the spool/)]);
    const count = async (experiment: string) => {
      const { children } = at(await readBack(store, experiment), 0);
      return children.flatMap(({ points }) => Object.values(points).flat()).length;
    };
    await rm(runFolder, { recursive: true });
    await recordExample(size, { runFolder, destination: stored("undamaged") });
    const missing = (await count("undamaged")) - (await count("example"));
    expect(missing).toBe(lost.to.length * lost.names.length * lost.rows.length);
  });
});
