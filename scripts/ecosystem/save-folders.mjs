/**
 * Saves models as folders and writes beside each what our own engine computes for `rows.mjs`.
 *
 *     node scripts/ecosystem/save-folders.mjs OUT CHECKPOINT...
 *
 * Each checkpoint's folder gives OUT/<name> and OUT/<name>.json, and with mean pooling OUT/<name>-mean. A head that the checkpoint lacks is
 * drawn from a seed and widened, so that probabilities are far from equal.
 */
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  buildClassifier,
  loadCheckpoint,
  loadTokenizer,
  packBatch,
  renderModelCard,
  saveModelFolder,
} from "@counterweight/bert";
import { program } from "@counterweight/graph";
import { onnxRuntime } from "@counterweight/runtime";
import { rows } from "./rows.mjs";

const [, , out = "", ...checkpoints] = process.argv;
if (checkpoints.length === 0) throw new Error("usage: save-folders.mjs OUT CHECKPOINT...");

const labels = ["negative", "neutral", "positive"];
const maxLength = 128;

const jobs = checkpoints.flatMap((checkpoint) => [
  { checkpoint, name: basename(checkpoint), pooling: /** @type {const} */ ("cls") },
  // Mean pooling changes nothing but the end: one more folder of each small model.
  ...(checkpoint.includes("MiniLM")
    ? []
    : [
        {
          checkpoint,
          name: `${basename(checkpoint)}-mean`,
          pooling: /** @type {const} */ ("mean"),
        },
      ]),
]);

for (const { checkpoint, name, pooling } of jobs) {
  const { config, parameters, report } = await loadCheckpoint(checkpoint, {
    labelNames: labels,
    pooling,
    seed: 1,
  });
  for (const missing of report.missing) {
    const tensor = parameters.get(missing);
    if (tensor !== undefined && missing.startsWith("classifier.")) {
      parameters.set(missing, { ...tensor, values: tensor.values.map((value) => 40 * value) });
    }
  }
  const tokenizer = await loadTokenizer(checkpoint);
  const all = Object.values(rows).flat();
  const encoded = all.map(({ text, ...row }) =>
    tokenizer.encodeAll([text], "pair" in row ? [row.pair] : undefined, { maxLength }),
  );
  const { logits } = buildClassifier(config);
  const executable = await onnxRuntime().compile(program("logits", { logits }));
  const values = Object.fromEntries(
    [...parameters].map(([key, { shape, values: data }]) => [key, { shape, data }]),
  );
  const results = [];
  for (const row of encoded) {
    const { logits: found } = await executable.run({ ...values, ...packBatch(row, [0]).values });
    results.push({
      ids: [...row.tokenIds],
      typeIds: [...row.typeIds],
      logits: [...(found?.data ?? [])],
    });
  }
  await executable.release();

  const card = renderModelCard({
    name,
    summary: "A head of random weights, saved to be tried with other libraries.",
    labels,
    pairs: false,
    sources: [],
    settings: { "longest input in tokens": maxLength, seed: 1 },
    evaluations: [],
    command: "scripts/ci/50-ecosystem.sh",
    versions: { node: process.version },
  });
  const saved = await saveModelFolder(join(out, name), {
    config,
    parameters,
    tokenizer: { folder: checkpoint },
    maxLength,
    card,
  });
  for (const file of saved) console.log(`${name}/${file.name} ${file.bytes}`);
  let next = 0;
  const expected = Object.fromEntries(
    Object.entries(rows).map(([kind, list]) => [
      kind,
      list.map((row) => ({ ...row, ...results[next++] })),
    ]),
  );
  await writeFile(join(out, `${name}.json`), JSON.stringify({ labels, maxLength, ...expected }));
}
