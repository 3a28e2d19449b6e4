/**
 * What a checkpoint of a MiniLM-size model costs: seconds, bytes, peak memory. After a build:
 *
 *     node packages/trainer/scripts/measure-checkpoint.mjs
 *
 * Weights and rows are random: neither changes the cost.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomStream } from "@counterweight/base";
import { initialiseParameters, randomConfig } from "@counterweight/bert";
import { lossByName } from "@counterweight/losses";
import { onnxRuntime } from "@counterweight/runtime";
import { latestCheckpoint, paperSettings, train, writeCheckpoint } from "@counterweight/trainer";

const vocabularySize = 30_522;
const config = randomConfig({
  vocabularySize,
  ...{ hiddenSize: 384, layers: 6, heads: 12, maxPositions: 128, dropout: 0.1, numLabels: 2 },
});

function randomRows(rows, length) {
  const random = randomStream("measure", rows);
  return {
    encoded: {
      offsets: Int32Array.from({ length: rows + 1 }, (_, row) => row * length),
      tokenIds: Int32Array.from({ length: rows * length }, () => random.integer(vocabularySize)),
      typeIds: new Uint8Array(rows * length),
    },
    labels: Int32Array.from({ length: rows }, () => random.integer(2)),
  };
}

const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
const folder = await mkdtemp(join(tmpdir(), "measure-"));
const request = () => ({
  runtime: onnxRuntime(),
  config,
  initial: initialiseParameters(config, 0),
  train: randomRows(64, 128),
  validation: randomRows(8, 16),
  loss: lossByName("ce"),
  gamma: 1,
  settings: { ...paperSettings, epochs: 2, batchSize: 16 },
});
try {
  for await (const event of train({
    ...request(),
    checkpoint: { everyEpoch: true, everySteps: 6 },
  })) {
    if (event.type !== "checkpoint") continue;
    const before = process.memoryUsage.rss();
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 5);
    const started = performance.now();
    const { name, bytes } = await writeCheckpoint(folder, {
      key: "measure",
      state: event.state,
      extra: null,
    });
    clearInterval(watch);
    const seconds = ((performance.now() - started) / 1000).toFixed(2);
    const best =
      event.state.best === null ? "no best epoch" : `best epoch ${event.state.best.epoch}`;
    console.log(
      `${name}: ${bytes} bytes in ${seconds} s, ${event.state.optimizer.touchedRows.length} rows touched, ` +
        `${best}; resident ${mib(before)} before, at most ${mib(peak)} while writing`,
    );
  }
  const before = process.memoryUsage.rss();
  const started = performance.now();
  const found = await latestCheckpoint(folder, "measure");
  console.log(
    `read and checked ${found.kind === "found" ? found.name : "nothing"} in ` +
      `${((performance.now() - started) / 1000).toFixed(2)} s, ${mib(process.memoryUsage.rss() - before)} more resident`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
