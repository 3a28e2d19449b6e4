/**
 * Our side of the step benchmark, one process a measurement, as the peer's `torch_step.py` is:
 * consecutive real batches, dropout masks drawn, clipping on, AdamW in. Prints one JSON object.
 *
 *     node scripts/bench/our-step.mjs --group random --batches 60
 *     node scripts/bench/our-step.mjs --shape 768,12,12,3072 --batches 12     (random weights)
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { initialiseParameters, loadCheckpoint, packBatch, randomConfig } from "@counterweight/bert";
import { lossByName } from "@counterweight/losses";
import { onnxRuntime } from "@counterweight/runtime";
import { createTrainingSession, paperSettings } from "@counterweight/trainer";
import { peerBatches } from "./batches.mjs";

/** Steps before the clock counts, as many as the peer's. */
const warmUp = 3;
/** The peer's rate; it is constant there. */
const learningRate = 6e-5;

const { values } = parseArgs({
  options: {
    group: { type: "string", default: "random" },
    batches: { type: "string", default: "60" },
    shape: { type: "string" },
    threads: { type: "string", default: "2" },
    python: { type: "string", default: "python3" },
  },
});
const assets = process.env.COUNTERWEIGHT_ASSETS ?? "";
const group = values.group === "length" ? "length" : "random";
const { encoded, labels, batches, vocabularySize } = await peerBatches(
  assets,
  group,
  values.python,
);
const model = await startModel();

/** When the graph was entered and left in the step that is going on. */
const graph = { entered: 0, left: 0 };
const train = { encoded, labels };
const session = await createTrainingSession(
  {
    runtime: watched(onnxRuntime()),
    ...model,
    train,
    validation: train,
    loss: lossByName("ce"),
    gamma: 1,
    settings: {
      ...paperSettings,
      epochs: 1,
      learningRate,
      schedule: "constant",
      selectBy: "last",
      threads: Number(values.threads),
    },
  },
  Math.max(...batches.map((batch) => packBatch(encoded, batch).tokens)),
);

const steps = [];
const count = Number(values.batches) + warmUp;
for (let index = 0; index < count; index++) {
  const batch = batches[index % batches.length] ?? [];
  const started = performance.now();
  const { tokens, loss } = await session.step(batch, index, learningRate);
  const ended = performance.now();
  if (!Number.isFinite(loss)) throw new Error(`the loss is ${loss} at step ${index}`);
  // Packing is too short to be worth a hook in the trainer: it is done once more on its own.
  const packed = performance.now();
  packBatch(encoded, batch);
  const packing = performance.now() - packed;
  if (index < warmUp) continue;
  steps.push({
    tokens,
    total: ended - started,
    packing,
    masks: graph.entered - started - packing,
    graph: graph.left - graph.entered,
    update: ended - graph.left,
  });
}
// Kilobytes on every platform, as Node documents it.
const peakBytes = process.resourceUsage().maxRSS * 1024;
await session.release();
console.log(JSON.stringify({ group, shape: values.shape ?? null, steps, peakBytes }));

async function startModel() {
  if (values.shape === undefined) {
    const folder = join(assets, "models/all-MiniLM-L6-v2");
    const { config, parameters } = await loadCheckpoint(folder, { numLabels: 2, seed: 0 });
    return { config, initial: parameters };
  }
  const [hiddenSize = 0, layers = 0, heads = 0, intermediateSize = 0] = values.shape
    .split(",")
    .map(Number);
  const config = randomConfig({
    ...{ hiddenSize, layers, heads, intermediateSize, vocabularySize },
    maxPositions: 512,
    numLabels: 2,
  });
  return { config, initial: initialiseParameters(config, 0) };
}

/**
 * The same runtime, with the clock read on the way in and out.
 * @param {import("@counterweight/runtime").Runtime} runtime
 * @returns {import("@counterweight/runtime").Runtime}
 */
function watched(runtime) {
  return {
    name: runtime.name,
    async compile(program, options) {
      const executable = await runtime.compile(program, options);
      return {
        async run(inputs, into) {
          graph.entered = performance.now();
          const results = await executable.run(inputs, into);
          graph.left = performance.now();
          return results;
        },
        release: () => executable.release(),
      };
    },
  };
}
