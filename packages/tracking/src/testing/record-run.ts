// A process for the kill tests: records a made-up run into a folder as `counterweight run` does, with
// trainings that keep a checkpoint every ten steps. Killed and started again it goes on from there.
// Usage: node record-run.js RUN-FOLDER DESTINATION-JSON SEEDS STEPS PAUSE-MS
import {
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunEvent } from "@counterweight/experiments";
import type { Destination } from "../destination.js";
import { type EventFields, textOf } from "../map/fields.js";
import { openTracking } from "../tracking.js";
import { eventLog, exampleEvents } from "./example-run.js";

const [folder = "", destinationText = "", seeds = "1", steps = "20", pause = "1"] =
  process.argv.slice(2);
const destination = JSON.parse(destinationText) as Destination;
mkdirSync(folder, { recursive: true });
const checkpoint = join(folder, "checkpoint.json");

/** Events that are done and will not come again. */
const done = existsSync(checkpoint) ? Number(readFileSync(checkpoint, "utf8")) : 0;
const save = (count: number): void => {
  writeFileSync(`${checkpoint}.tmp`, String(count));
  renameSync(`${checkpoint}.tmp`, checkpoint);
};

process.stdout.write("begins\n");
const tracking = await openTracking({
  runFolder: folder,
  destination,
  now: () => new Date(),
  environment: process.env,
  intervalMs: 50,
  finishMs: 60_000,
});
const log = openSync(join(folder, "events.jsonl"), "a");
const see = (event: EventFields): void => {
  writeSync(log, eventLog([event], Date.now()));
  tracking.see(event as unknown as RunEvent);
};

let index = 0;
for (const event of exampleEvents({ seeds: Number(seeds), steps: Number(steps) })) {
  index++;
  const training = textOf(event, "training");
  if (index <= done) {
    // Told by every run: what it is, and what it finds in the store.
    if (training === "") see(event);
    else if (event.type === "training-end") see({ type: "training-reused", training });
    continue;
  }
  see(event);
  const { type, step } = event;
  if ((type === "step" && Number(step) % 10 === 0) || type === "training-end") save(index);
  if (index % 10 === 0) await sleep(Number(pause));
}
await tracking.finish("done", folder);
