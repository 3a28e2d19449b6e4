import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { randomStream } from "@counterweight/base";
import type { RunEvent } from "@counterweight/experiments";
import type { Destination } from "../destination.js";
import type { EventFields } from "../map/fields.js";
import type { TrackingReport } from "../report.js";
import { openTracking, type TrackingOptions } from "../tracking.js";
import { type ExampleRun, exampleEvents } from "./example-run.js";

/** Events through tracking, as `counterweight run` would, and an output. */
export async function recordEvents(
  events: readonly EventFields[],
  options: Pick<TrackingOptions, "runFolder" | "destination"> & Partial<TrackingOptions>,
): Promise<TrackingReport> {
  const tracking = await openTracking({
    now: () => new Date(),
    intervalMs: 20,
    finishMs: 60_000,
    ...options,
  });
  for (const [index, event] of events.entries()) {
    tracking.see(event as unknown as RunEvent);
    if (index % 50 === 0) await sleep(1);
  }
  const { runFolder } = options;
  await writeFile(join(runFolder, "results.csv"), "benchmark,accuracy\ntoy,0.5\n");
  return tracking.finish("done", runFolder);
}

/** The example of a size. */
export const recordExample = (
  size: ExampleRun,
  options: Parameters<typeof recordEvents>[1],
): Promise<TrackingReport> => recordEvents(exampleEvents(size), options);

/**
 * Starts a process that records the example again and again, each time killed at a random moment of
 * its work, until it was killed `most` times and then comes through. One that was faster than its kill
 * is followed by a further one, as the same command given once more. Returns how often it was killed.
 */
export async function killAndContinue(
  runFolder: string,
  destination: Destination,
  { seeds, steps, most, seed }: ExampleRun & { readonly most: number; readonly seed: string },
): Promise<number> {
  const random = randomStream(seed, 0);
  // Run from the sources, tests have the built program beside them.
  const program = fileURLToPath(new URL("../../dist/testing/record-run.js", import.meta.url));
  const words = [runFolder, JSON.stringify(destination), seeds, steps, 50].map(String);
  let kills = 0;
  for (let starts = 1; ; starts++) {
    const child = spawn(process.execPath, [program, ...words]);
    const said: string[] = [];
    let timer: NodeJS.Timeout | undefined;
    child.stderr.on("data", (text) => said.push(String(text)));
    child.stdout.once("data", () => {
      if (kills < most) timer = setTimeout(() => child.kill("SIGKILL"), 220 * random.float());
    });
    const [code] = await once(child, "exit");
    clearTimeout(timer);
    if (code === null) kills += 1;
    else if (code !== 0) throw new Error(said.join(""));
    else if (kills >= most || starts >= 20 * most) return kills;
  }
}
