import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at } from "@counterweight/base";
import { loadCheckpoint, loadTokenizer } from "@counterweight/bert";
import { onnxRuntime } from "@counterweight/runtime";
import { predict } from "@counterweight/trainer";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bertBackend } from "../run/bert-backend.js";
import { collectRun } from "../testing/collect.js";

const spec = `version: 1
name: sample
model: { config: { hiddenSize: 8, layers: 1, heads: 2, intermediateSize: 8 } }
benchmarks: [{ kind: toy-world, generatedRows: 100, realRows: 60, validationRows: 40, testRows: 60 }]
allowSharedText: [train, validation, generated]
checkerFraction: 1
seeds: 0
methods: [quality-checker, imp]
train: { epochs: 2, learningRate: 0.01, threads: 1 }
checker: { folds: 2 }
evaluation: { bootstrapResamples: 200 }
saveModels: true
`;

let out = "";
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), "counterweight-models-"));
});
afterEach(async () => {
  await rm(out, { recursive: true });
});

it("a trial's saved model predicts what the results hold; a vote of checkers has no one model", async () => {
  const { events, results } = await collectRun(bertBackend(), { spec, out });
  const folder = join(out, "models", "toy-world", "imp-seed-0");
  expect(events.filter(({ type }) => type === "model-saved")).toMatchObject([{ folder }]);
  const { config, parameters } = await loadCheckpoint(folder, { seed: 1 });
  const { test } = at([...results.benchmarks.values()], 0).benchmark;
  expect(config.id2label).toEqual(test.labelNames);
  const tensors = [...parameters].map(
    ([name, { shape, values }]) => [name, { shape, data: values }] as const,
  );
  const encoded = (await loadTokenizer(folder)).encodeAll(test.text, undefined, { maxLength: 128 });
  const model = { config, parameters: Object.fromEntries(tensors) };
  const predicted = await predict(onnxRuntime(), model, encoded, 1);
  const imp = results.outcomes.find(({ trial }) => trial.method === "imp");
  expect(predicted).toEqual((await imp?.load())?.training.logProbabilities.test);
  const card = await readFile(join(folder, "README.md"), "utf8");
  expect(card).toContain("toy-world");

  // A writer was killed on the way, another while it replaced the model.
  for (const ending of ["tmp", "old"]) {
    await mkdir(join(folder, "..", `.imp-seed-0.0123456789ab.${ending}`, "onnx"), {
      recursive: true,
    });
  }
  // The same command again finds the kept model, and trains nothing to write it once more.
  const again = await collectRun(bertBackend(), { spec, out });
  expect(again.events.filter(({ type }) => type === "training-start")).toEqual([]);
  expect(again.events.filter(({ type }) => type === "model-saved")).toHaveLength(1);
  expect(await readdir(join(folder, ".."))).toEqual(["imp-seed-0"]);
});
