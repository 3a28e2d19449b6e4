// A process for the kill tests: records a made-up run into a folder as `counterweight run` does, with
// trainings that keep a checkpoint every ten steps. Killed and started again it goes on from there.
// Usage: node record-run.js RUN-FOLDER DESTINATION-JSON SEEDS STEPS PAUSE-MS
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunEvent } from "@counterweight/experiments";
import type { Destination } from "../destination.js";
import { type EventFields, textOf } from "../map/fields.js";
import { openTracking } from "../tracking.js";
import { exampleEvents, exampleLoss } from "./example-run.js";

const [folder = "", destinationText = "", seeds = "1", steps = "20", pause = "1"] =
  process.argv.slice(2);
const destination = JSON.parse(destinationText) as Destination;
mkdirSync(folder, { recursive: true });
const checkpoint = join(folder, "checkpoint.json");

/** Events that are done: a training's past is told again, its end is kept. */
const done = existsSync(checkpoint) ? Number(readFileSync(checkpoint, "utf8")) : 0;
const save = (count: number): void => {
  writeFileSync(`${checkpoint}.tmp`, String(count));
  renameSync(`${checkpoint}.tmp`, checkpoint);
};

const tracking = await openTracking({
  runFolder: folder,
  destination,
  now: () => new Date(),
  environment: process.env,
  intervalMs: 50,
  finishMs: 60_000,
});
const see = (event: EventFields): void => tracking.see(event as unknown as RunEvent);

const events = exampleEvents({ seeds: Number(seeds), steps: Number(steps) });
let index = 0;
for (const event of events) {
  index++;
  const training = textOf(event, "training");
  if (index <= done) {
    if (training === "") see(event);
    // What is in the store is told as a whole; so is the past of the training under way.
    const next = events[index];
    const last = event.type === "training-end" || index === done;
    if (training !== "" && last && next !== undefined) {
      const past = events
        .slice(0, index)
        .filter((one) => one.training === training && one.type === "step");
      const loss = past.map((_, step) => exampleLoss(training, step + 1));
      const learningRate = past.map((_, step) => 1 / (step + 1));
      see({ type: "training-history", training, loss, learningRate, epochs: [] });
    }
    continue;
  }
  see(event);
  if (event.type === "step" && Number(event.step) % 10 === 0) save(index);
  if (event.type === "training-end") save(index);
  if (index % 10 === 0) await sleep(Number(pause));
}
const report = await tracking.finish("done", folder);
process.stdout.write(`${JSON.stringify(report)}\n`);
