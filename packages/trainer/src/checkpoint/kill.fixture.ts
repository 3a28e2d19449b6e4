/**
 * A tiny training in a process of its own, for `kill.test.ts`:
 *
 *     node packages/trainer/dist/checkpoint/kill.fixture.js FOLDER
 *
 * Writes a checkpoint after every step, goes on from the newest where there is one, and at the end
 * writes `result.json`: every line of the training's log. It says a letter after each event and before
 * each checkpoint is written.
 */
import { join } from "node:path";
import { CounterweightError, randomStream, writeFileAtomic } from "@counterweight/base";
import { initialiseParameters, randomConfig } from "@counterweight/bert";
import { logScores, lossByName } from "@counterweight/losses";
import { onnxRuntime } from "@counterweight/runtime";
import { paperSettings } from "../settings.js";
import { train } from "../train.js";
import type { LabelledTexts } from "../train-request.js";
import { lineOf } from "./event-log.fixture.js";
import { latestCheckpoint, writeCheckpoint } from "./folder.js";

const [folder = ""] = process.argv.slice(2);
const checkpoints = join(folder, "checkpoints");
const key = "toy";
const vocabularySize = 60;
const config = randomConfig({
  vocabularySize,
  ...{ hiddenSize: 16, layers: 1, heads: 2, maxPositions: 8, dropout: 0.1, numLabels: 2 },
});

/** Rows of 3 to 8 random tokens. */
function randomRows(rows: number): LabelledTexts {
  const random = randomStream("kill", "rows", rows);
  const offsets = new Int32Array(rows + 1);
  const tokenIds: number[] = [];
  for (let row = 0; row < rows; row++) {
    const length = 3 + random.integer(6);
    for (let token = 0; token < length; token++) tokenIds.push(random.integer(vocabularySize));
    offsets[row + 1] = tokenIds.length;
  }
  return {
    encoded: {
      tokenIds: Int32Array.from(tokenIds),
      typeIds: new Uint8Array(tokenIds.length),
      offsets,
    },
    labels: Int32Array.from({ length: rows }, () => random.integer(2)),
  };
}

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
  train: { ...randomRows(40), logScores: { quality } },
  validation: randomRows(20),
  loss: lossByName("dimp"),
  gamma: 1,
  settings: { ...paperSettings, epochs: 3, batchSize: 2, learningRate: 1e-3, threads: 1 },
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
