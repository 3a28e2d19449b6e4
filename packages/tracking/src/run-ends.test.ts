import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at } from "@counterweight/base";
import type { RunEvent } from "@counterweight/experiments";
import { openFileStore, type TrackingStore } from "mlflow-js-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Destination } from "./destination.js";
import { importRunFolder } from "./import-run-folder.js";
import type { EventFields } from "./map/fields.js";
import { eventLog, exampleEvents } from "./testing/example-run.js";
import { faultsOfExample } from "./testing/faults-of-example.js";
import { readBack } from "./testing/read-back.js";
import { recordEvents } from "./testing/record-example.js";
import { openTracking, type Tracking } from "./tracking.js";

let folder: string;
let runFolder: string;
let store: TrackingStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tracking-ends-"));
  runFolder = join(folder, "run");
  store = await openFileStore(join(folder, "store"));
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const destination = (): Destination => ({
  ...{ kind: "folder", folder: join(folder, "store"), experiment: "example" },
});
const size = { seeds: 1, steps: 20 };
const events = exampleEvents(size);
/** In the middle of the second trial. */
const some = events.slice(0, 60);

async function begin(seen: readonly EventFields[]): Promise<Tracking> {
  const tracking = await openTracking({
    ...{ runFolder, destination: destination(), now: () => new Date() },
    ...{ intervalMs: 20, finishMs: 60_000 },
  });
  for (const event of seen) tracking.see(event as unknown as RunEvent);
  return tracking;
}

async function statuses(): Promise<Record<string, number>> {
  const parent = at(await readBack(store, "example"), 0);
  const counts: Record<string, number> = {};
  for (const { run } of parent.children) {
    counts[run.info.status] = (counts[run.info.status] ?? 0) + 1;
  }
  return { [`parent ${parent.run.info.status}`]: 1, ...counts };
}

describe("a run that does not come to its end", () => {
  it.each([
    ["by an error is FAILED", "failed", { "parent FAILED": 1, FINISHED: 1, KILLED: 2 }],
    ["by an interrupt is KILLED", "stopped", { "parent KILLED": 1, FINISHED: 1, KILLED: 2 }],
  ] as const)("%s, and RUNNING again when it goes on", async (_, how, wanted) => {
    const tracking = await begin(some);
    await tracking.close(how);
    expect(await statuses()).toEqual(wanted);
    expect(at(await readBack(store, "example"), 0).run.info.endTime).toBeGreaterThan(0);
    // The same as after an error: once it is ended, it stays so.
    await tracking.close("failed");
    expect(await statuses()).toEqual(wanted);

    const again = await begin(some);
    // The third was made for its checker's points alone; its own training has not begun.
    const running = { "parent RUNNING": 1, FINISHED: 1, RUNNING: 1, KILLED: 1 };
    await expect.poll(statuses, { timeout: 30_000 }).toEqual(running);
    await again.close("failed");
    await recordEvents(events, { runFolder, destination: destination() });
    expect(faultsOfExample(await readBack(store, "example"), size)).toEqual([]);
  });

  it("stays FAILED when its folder is imported, where it was recorded", async () => {
    const tracking = await begin(some);
    await mkdir(runFolder, { recursive: true });
    await writeFile(join(runFolder, "events.jsonl"), eventLog(some, Date.now()));
    await tracking.close();
    const before = await statuses();
    expect(before).toMatchObject({ "parent FAILED": 1 });
    for (let time = 0; time < 2; time++) {
      const report = await importRunFolder(runFolder, destination());
      expect(report).toMatchObject({ waiting: 0, warnings: [] });
      expect(await statuses()).toEqual(before);
    }
  });
});
