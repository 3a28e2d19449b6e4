/**
 * A tiny training in a process of its own, for `kill.test.ts`:
 *
 *     node kill.mjs FOLDER
 *
 * Writes a checkpoint after every step, goes on from the newest where there is one, and at the end
 * writes `result.json`: every line of the training's log. It says a letter after each event and before
 * each checkpoint is written.
 */
import { join } from "node:path";
import { CounterweightError, writeFileAtomic } from "@counterweight/base";
import { initialiseParameters } from "@counterweight/bert";
import { logScores, lossByName } from "@counterweight/losses";
import { onnxRuntime } from "@counterweight/runtime";
import { toy, toySettings } from "../toy.fixture.js";
import { train } from "../train.js";
import { lineOf } from "./event-log.fixture.js";
import { latestCheckpoint, writeCheckpoint } from "./folder.js";

const [folder = ""] = process.argv.slice(2);
const checkpoints = join(folder, "checkpoints");
const key = "toy";
const { config, train: generated, validation } = toy(40);
const quality = logScores(
  "quality",
  Float32Array.from({ length: 40 }, (_, row) => (row + 1) / 41),
);

function linesOf(extra: unknown): (string | null)[] {
  if (!Array.isArray(extra)) throw new CounterweightError("internal", "the log is a list.");
  return extra.map(String);
}

const latest = await latestCheckpoint(checkpoints, key);
if (latest.damaged.length > 0) throw new Error(`damaged: ${JSON.stringify(latest.damaged)}`);
const lines = latest.kind === "found" ? linesOf(latest.checkpoint.extra) : [];
for await (const event of train({
  runtime: onnxRuntime(),
  config,
  initial: initialiseParameters(config, 0),
  train: { ...generated, logScores: { quality } },
  validation,
  loss: lossByName("dimp"),
  gamma: 1,
  settings: { ...toySettings, epochs: 3, batchSize: 2 },
  checkpoint: { everySteps: 1, everyEpoch: true },
  ...(latest.kind === "found" ? { resume: latest.checkpoint.state } : {}),
})) {
  if (event.type === "checkpoint") {
    process.stdout.write("w");
    await writeCheckpoint(checkpoints, { key, state: event.state, extra: lines });
  } else {
    process.stdout.write("e");
    lines.push(lineOf(event));
  }
}
await writeFileAtomic(join(folder, "result.json"), JSON.stringify(lines));
