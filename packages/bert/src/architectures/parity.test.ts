import { at } from "@counterweight/base";
import {
  evaluate,
  gradients,
  input,
  logSoftmax,
  pick,
  program,
  reduceSum,
  scale,
  type TensorValue,
} from "@counterweight/graph";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../checkpoint/config.js";
import { matchParameters } from "../checkpoint/load-checkpoint.js";
import { parameterShapes } from "../checkpoint/parameter-shapes.js";
import { readSafetensors } from "../checkpoint/read-safetensors.js";
import { packBatch } from "../encoder/batch.js";
import { buildClassifier } from "../encoder/classifier.js";
import { goldenPath, goldenTexts, readGolden } from "./golden.fixture.js";

const golden = readGolden();
const texts = goldenTexts(golden);

/** Adding to all scores of a query changes no share: the true gradient is zero. */
const isKeyBias = (name: string): boolean => /(key|k_lin)\.bias$/.test(name);

describe.each(golden.cases)("$name against Transformers, in float64", (item) => {
  const config = { ...parseConfig(item.config, item.name), pooling: item.pooling };

  test("has the same parameters in the same order", () => {
    expect([...parameterShapes(config)]).toEqual(item.parameters);
  });

  test("gives the same logits, loss and gradient of every parameter", async () => {
    const path = goldenPath(`${item.weights}.safetensors`);
    const { parameters, report } = matchParameters(config, await readSafetensors(path), {
      seed: 0,
      source: path,
    });
    expect([report.missing, report.unexpected, report.mismatched]).toEqual([[], [], []]);
    const classifier = buildClassifier(config);
    const rows = golden.rows.length;
    const picked = pick(logSoftmax(classifier.logits), input("labels", "int32", ["rows"]));
    const loss = scale(reduceSum(picked, [0]), -1 / rows);
    const names = [...classifier.parameters.keys()];
    const found = gradients(loss, [...classifier.parameters.values()]);
    const batch = packBatch(
      texts,
      golden.rows.map((_, row) => row),
    );
    const values: Record<string, TensorValue> = {
      ...batch.values,
      labels: { shape: [rows], data: Int32Array.from(golden.labels) },
    };
    for (const [name, tensor] of parameters) {
      values[name] = { shape: tensor.shape, data: Float64Array.from(tensor.values) };
    }
    const results = evaluate(
      program(item.name, {
        logits: classifier.logits,
        loss,
        ...Object.fromEntries(names.map((name, index) => [`gradient:${name}`, at(found, index)])),
      }),
      values,
    );
    const logits = item.logits.flat();
    logits.forEach((value, cell) => {
      expect(Math.abs(at(results.logits?.data ?? [], cell) - value)).toBeLessThan(1e-9);
    });
    expect(Math.abs(at(results.loss?.data ?? [], 0) - item.loss)).toBeLessThan(1e-9);

    const wanted = await readSafetensors(goldenPath(`${item.name}.gradients.safetensors`));
    expect([...wanted.tensors.keys()].sort()).toEqual([...names].sort());
    for (const [name, { values: theirs }] of wanted.tensors) {
      const ours = results[`gradient:${name}`]?.data ?? [];
      const largest = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(ours).toHaveLength(theirs.length);
      if (isKeyBias(name)) {
        expect(largest, name).toBeLessThan(1e-12);
        expect(Math.max(...Array.from(ours, Math.abs)), name).toBeLessThan(1e-12);
        continue;
      }
      expect(largest, name).toBeGreaterThan(1e-4);
      // The golden gradients are float64 rounded to float32.
      theirs.forEach((value, cell) => {
        const difference = Math.abs(at(ours, cell) - value);
        if (!(difference <= 1e-7 * largest)) {
          expect.fail(`${name}[${cell}]: ${at(ours, cell)}, Transformers says ${value}`);
        }
      });
    }
  });
});
