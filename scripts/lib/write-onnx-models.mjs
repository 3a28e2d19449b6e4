#!/usr/bin/env node
// Writes models of every kind that packages/graph makes: each operation with its gradients, and whole
// training steps. Usage: node scripts/lib/write-onnx-models.mjs FOLDER (after npm run build)
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomStream } from "@counterweight/base";
import { buildClassifier, randomConfig } from "@counterweight/bert";
import {
  gradients,
  input,
  logSoftmax,
  multiply,
  pick,
  program,
  reduceSum,
  writeOnnx,
} from "@counterweight/graph";
import { losses } from "@counterweight/losses";
// The suite's cases are no public part of the package; the build holds them.
import { cases } from "../../packages/runtime/dist/conformance/cases.js";

const [, , folder = ""] = process.argv;
if (folder === "") throw new Error("usage: write-onnx-models.mjs FOLDER");

/** @param {import("@counterweight/graph").Program} built */
function write(built) {
  writeFileSync(join(folder, `${built.name}.onnx`), writeOnnx(built).bytes);
}

const casesEach = 4;
for (const [name, makeCase] of Object.entries(cases)) {
  for (let seed = 0; seed < casesEach; seed++) {
    const item = makeCase(randomStream("onnx checker", name, seed));
    const tensors = Object.fromEntries(
      Object.entries(item.inputs).map(([key, { shape, value }]) => [
        key,
        input(key, value.data instanceof Int32Array ? "int32" : "float32", shape),
      ]),
    );
    const output = item.build(tensors);
    const axes = output.shape.map((_, axis) => axis);
    const square = multiply(output, output);
    const scalar = axes.length === 0 ? square : reduceSum(square, axes);
    const targets = item.differentiable.flatMap((key) => tensors[key] ?? []);
    const found = gradients(scalar, targets).map((tensor, index) => [`gradient:${index}`, tensor]);
    write(program(`${name}-${seed}`, { output, ...Object.fromEntries(found) }));
  }
}

const config = randomConfig({ vocabularySize: 30, hiddenSize: 16, heads: 2 });
for (const loss of losses) {
  const { logits, parameters, wordVectors } = buildClassifier(config, { training: true });
  const column = (/** @type {string} */ name) => input(name, "float32", ["rows"]);
  const rows = loss.rowLoss(
    {
      logProbability: pick(logSoftmax(logits), input("labels", "int32", ["rows"])),
      logQuality: column("logQuality"),
      logDiversity: column("logDiversity"),
    },
    { gamma: 0.5 },
  );
  const total = reduceSum(rows.loss, [0]);
  const targets = [...parameters.values(), wordVectors];
  const found = gradients(total, targets).map((tensor, index) => [`gradient:${index}`, tensor]);
  write(program(`step-${loss.name}`, { total, weight: rows.weight, ...Object.fromEntries(found) }));
}
