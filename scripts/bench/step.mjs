/**
 * The step benchmark: our training step and PyTorch's on the same real batches, alternating. The
 * peer's own two ways of making batches are there, and ours on both, so that what batching gains
 * and what the engine gains can be told apart.
 */
import { join } from "node:path";
import { output } from "./processes.mjs";
import { mean, median, quantile } from "./statistics.mjs";

/**
 * @typedef {object} StepSummary Milliseconds, tokens and bytes of one process.
 * @property {string} model
 * @property {"counterweight" | "torch"} engine
 * @property {"random" | "length"} group
 * @property {number} median
 * @property {number} mean
 * @property {number} tokens Mean of a batch.
 * @property {number} [cells] Cells a token, padding included; the peer's alone.
 * @property {number} [low] 10th percentile.
 * @property {number} [high] 90th percentile.
 * @property {number} peakBytes
 * @property {Record<string, number>} parts Medians.
 */

const models = [
  { name: "MiniLM (6 x 384)", shape: undefined },
  { name: "12 x 768, random weights", shape: "768,12,12,3072" },
];

/**
 * @param {{ assets: string, python: string, batches: number, large: number, rounds: number,
 *   say: (line: string) => void }} options
 */
export async function benchStep({ assets, python, batches, large, rounds, say }) {
  /** @type {StepSummary[]} */
  const runs = [];
  for (const model of models) {
    const count = model.shape === undefined ? batches : large;
    if (count === 0) continue;
    const times = model.shape === undefined ? rounds : 1;
    for (let round = 0; round < times; round++) {
      for (const [engine, group] of /** @type {const} */ ([
        ["counterweight", "random"],
        ["torch", "random"],
        ["torch", "length"],
        ["counterweight", "length"],
      ])) {
        const options = { assets, python, model, group, count };
        const run = await (engine === "torch" ? theirs(options) : ours(options));
        runs.push(run);
        say(
          `${model.name}, ${engine}, ${group} batches: median ${run.median.toFixed(0)} ms, ` +
            `mean ${run.mean.toFixed(0)} ms, ${(run.peakBytes / 1e9).toFixed(2)} GB`,
        );
      }
    }
  }
  return { batches, large, rounds, runs };
}

/**
 * @typedef {{ assets: string, python: string, model: typeof models[number],
 *   group: "random" | "length", count: number }} Options
 */

/**
 * @param {Options} options
 * @returns {Promise<StepSummary>}
 */
async function ours({ python, model, group, count }) {
  const words = ["--group", group, "--batches", String(count), "--python", python];
  const text = await output(process.execPath, [
    "scripts/bench/our-step.mjs",
    ...words,
    ...(model.shape === undefined ? [] : ["--shape", model.shape]),
  ]);
  /** @type {{ peakBytes: number, steps: Record<"tokens" | "total" | "packing" | "masks" | "graph" | "update", number>[] }} */
  const { steps, peakBytes } = JSON.parse(text);
  const total = steps.map((step) => step.total);
  const part = (/** @type {"packing" | "masks" | "graph" | "update"} */ name) =>
    median(steps.map((step) => step[name]));
  return {
    ...{ model: model.name, engine: "counterweight", group, peakBytes },
    median: median(total),
    mean: mean(total),
    low: quantile(total, 0.1),
    high: quantile(total, 0.9),
    tokens: mean(steps.map(({ tokens }) => tokens)),
    parts: {
      "batch preparation": part("packing"),
      "dropout masks": part("masks"),
      "forward + backward": part("graph"),
      "clipping + AdamW": part("update"),
    },
  };
}

/** What `torch_step.py` prints. */
const line =
  /forward\+backward (?<graph>\d+) ms, clip (?<clip>\d+), AdamW (?<adamw>\d+); step median (?<median>\d+), mean (?<mean>\d+); (?<tokens>\d+) tokens a batch, (?<cells>[\d.]+) cells a token; rss (?<rss>[\d.]+) GB/;

/**
 * @param {Options} options
 * @returns {Promise<StepSummary>}
 */
async function theirs({ assets, python, model, group, count }) {
  const words = ["--model", join(assets, "models/all-MiniLM-L6-v2"), "--group", group];
  const text = await output(python, [
    join(assets, "peers/torch_step.py"),
    ...words,
    ...["--batches", String(count)],
    ...(model.shape === undefined ? [] : ["--shape", model.shape]),
  ]);
  const found = line.exec(text)?.groups;
  if (found === undefined) throw new Error(`torch_step.py printed no figures:\n${text}`);
  const figure = (/** @type {string} */ name) => Number(found[name]);
  return {
    ...{ model: model.name, engine: "torch", group },
    median: figure("median"),
    mean: figure("mean"),
    tokens: figure("tokens"),
    cells: figure("cells"),
    peakBytes: figure("rss") * 1e9,
    parts: {
      "forward + backward": figure("graph"),
      "clipping + AdamW": figure("clip") + figure("adamw"),
    },
  };
}
