/**
 * Our side of the parity check: the same rows, the same head, the same settings as
 * torch_curves.py, from the real weights, dropout 0.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadCheckpoint, loadTokenizer, wordEmbeddingName } from "@counterweight/bert";
import { logScores, lossByName } from "@counterweight/losses";
import { onnxRuntime } from "@counterweight/runtime";
import { createTrainingSession, learningRateAt, paperSettings } from "@counterweight/trainer";

export const parityLosses = ["ce", "focal", "imp", "dimp"];

/** The model, the rows and the scores that every loss starts from. */
export async function loadStart(assets, curves) {
  const folder = join(assets, "models/all-MiniLM-L6-v2");
  const checkpoint = await loadCheckpoint(folder, { numLabels: 2, seed: 0 });
  const config = {
    ...checkpoint.config,
    hiddenDropout: 0,
    attentionDropout: 0,
    classifierDropout: 0,
  };
  const initial = new Map(checkpoint.parameters);
  initial.set("classifier.weight", {
    shape: [2, config.hiddenSize],
    values: Float32Array.from(curves.head),
  });
  initial.set("classifier.bias", { shape: [2], values: new Float32Array(2) });
  const rows = JSON.parse(await readFile(join(assets, curves.generated), "utf8"));
  const texts = curves.rows.map((row) => rows[row].augmented_text.trim());
  const tokenizer = await loadTokenizer(folder);
  const encoded = tokenizer.encodeAll(texts, undefined, { maxLength: curves.maxLength });
  return { config, initial, encoded, labels: Int32Array.from(curves.labels) };
}

/** Trains `steps` steps with one loss; returns losses, norms, first gradients and last parameters. */
export async function runCurve(start, curves, name, { threads = 2, steps = curves.steps } = {}) {
  const { config, initial, encoded, labels } = start;
  const settings = {
    ...paperSettings,
    epochs: 1,
    batchSize: curves.batchSize,
    learningRate: curves.learningRate,
    clipNorm: curves.clipNorm,
    selectBy: "last",
    threads,
  };
  const logColumns = {
    quality: logScores("quality", curves.quality),
    diversity: logScores("diversity", curves.diversity),
  };
  const train = { encoded, labels, logScores: logColumns };
  const session = await createTrainingSession(
    {
      runtime: onnxRuntime(),
      config,
      initial,
      train,
      validation: train,
      loss: lossByName(name),
      gamma: 1,
      settings,
    },
    curves.batchSize * curves.maxLength,
  );
  const losses = [];
  const norms = [];
  let gradients;
  for (let step = 0; step < steps; step++) {
    const rows = Array.from(
      { length: curves.batchSize },
      (_, index) => step * curves.batchSize + index,
    );
    const before = step === 0;
    const result = await session.step(rows, step, learningRateAt(settings, step, curves.steps));
    if (before) gradients = firstGradients(session, encoded, rows, config);
    losses.push(result.loss);
    norms.push(result.gradientNorm);
  }
  const parameters = session.copyParameters();
  await session.release();
  return { losses, norms, gradients, parameters };
}

/** Dense copies of the gradients that the last step left, word rows put at their vocabulary id. */
function firstGradients(session, encoded, rows, config) {
  const gradients = new Map();
  for (const [name, { data, shape }] of Object.entries(session.gradients)) {
    if (name !== wordEmbeddingName) gradients.set(name, { values: Float32Array.from(data), shape });
  }
  // The optimiser summed token gradients per id into the first token of each id.
  const width = config.hiddenSize;
  const table = new Float32Array(config.vocabularySize * width);
  const seen = new Set();
  let token = 0;
  for (const row of rows) {
    for (let at = encoded.offsets[row]; at < encoded.offsets[row + 1]; at++, token++) {
      const id = encoded.tokenIds[at];
      if (seen.has(id)) continue;
      seen.add(id);
      const from = session.gradients[wordEmbeddingName].data.subarray(
        token * width,
        (token + 1) * width,
      );
      table.set(from, id * width);
    }
  }
  gradients.set(wordEmbeddingName, { values: table, shape: [config.vocabularySize, width] });
  return gradients;
}

/** `[relative, step]` of the largest relative difference of two curves. */
export function worstLoss(ours, theirs) {
  return theirs.reduce(
    (worst, value, step) => {
      const difference = Math.abs(ours[step] - value) / Math.abs(value);
      return difference <= worst.difference ? worst : { difference, step };
    },
    { difference: 0, step: 0 },
  );
}

/** Attention key biases have a true gradient of zero: softmax does not change when all keys shift. */
export const isKeyBias = (name) => name.endsWith("attention.self.key.bias");
