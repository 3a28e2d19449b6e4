import { at, randomStream } from "@counterweight/base";
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
  tensorValue,
} from "@counterweight/graph";
import { expect, test } from "vitest";
import { packBatch } from "./batch.js";
import { buildClassifier } from "./classifier.js";
import { randomMasks, randomParameters, randomTexts, smallConfig } from "./encoder.fixture.js";

const config = smallConfig();
const lengths = [4, 9, 1, 6];
const cellsChecked = 8;

test.each([false, true])(
  "every parameter's gradient against central differences (dropout: %s)",
  (training) => {
    const random = randomStream("central differences");
    const classifier = buildClassifier(config, { training });
    const labels = input("labels", "int32", ["rows"]);
    const loss = scale(reduceSum(pick(logSoftmax(classifier.logits), labels), [0]), -0.25);
    const names = [...classifier.parameters.keys()];
    const found = gradients(loss, [...classifier.parameters.values()]);
    const batch = packBatch(randomTexts(config, lengths, random), [0, 1, 2, 3]);
    const values: Record<string, TensorValue> = {
      ...randomParameters(config, 5),
      ...batch.values,
      ...randomMasks(classifier.dropoutSites, batch, random),
      labels: tensorValue(Int32Array.of(0, 2, 1, 0), [4]),
    };
    const forward = program("forward", { loss });
    const results = evaluate(
      program(
        "backward",
        Object.fromEntries(names.map((name, index) => [`gradient:${name}`, at(found, index)])),
      ),
      values,
    );
    const lossAt = (name: string, cell: number, shift: number): number => {
      const value = values[name];
      if (value === undefined) throw new TypeError(name);
      const data = Float64Array.from(value.data);
      data[cell] = at(data, cell) + shift;
      return (
        evaluate(forward, { ...values, [name]: { ...value, data } }).loss?.data[0] ?? Number.NaN
      );
    };
    const step = 1e-5;
    for (const name of names) {
      const gradient = results[`gradient:${name}`]?.data ?? [];
      for (let count = 0; count < cellsChecked; count++) {
        const cell = random.integer(gradient.length);
        const numeric = (lossAt(name, cell, step) - lossAt(name, cell, -step)) / (2 * step);
        const difference = Math.abs(at(gradient, cell) - numeric);
        expect(
          difference <= 1e-7 * Math.max(1, Math.abs(numeric)),
          `${name}[${cell}]: ${gradient[cell]}, differences say ${numeric}`,
        ).toBe(true);
      }
    }
    // Attention key biases add the same to all scores of a query: their true gradient is zero.
    for (const name of names) {
      const size = Math.max(...Array.from(results[`gradient:${name}`]?.data ?? [], Math.abs));
      if (name.endsWith("key.bias")) expect(size).toBeLessThan(1e-12);
      else expect(size, name).toBeGreaterThan(1e-4);
    }
  },
);
