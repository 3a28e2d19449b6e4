import { at, randomStream } from "@counterweight/base";
import { evaluate, program, type TensorValue } from "@counterweight/graph";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EncodedTexts } from "../encoded-texts.js";
import { packBatch } from "./batch.js";
import { buildClassifier } from "./classifier.js";
import { lengthKinds, randomParameters, randomTexts, smallConfig } from "./encoder.fixture.js";

const config = smallConfig({ layers: 3 });
const { logits } = buildClassifier(config);
const predict = program("predict", { logits });

function logitsOf(
  parameters: Readonly<Record<string, TensorValue>>,
  texts: EncodedTexts,
  rows: readonly number[],
): readonly number[][] {
  const { logits: found } = evaluate(predict, { ...parameters, ...packBatch(texts, rows).values });
  return rows.map((_, index) => [
    ...(found?.data.slice(index * config.numLabels, (index + 1) * config.numLabels) ?? []),
  ]);
}

describe("a row's logits do not depend on what shares its batch", () => {
  test.each(Object.entries(lengthKinds))("%s", (name, lengthsOf) => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = randomStream("independence", name, seed);
        const lengths = lengthsOf(random, config.maxPositions);
        const texts = randomTexts(config, lengths, random);
        const parameters = randomParameters(config, seed);
        const rows = lengths.map((_, row) => row);
        const alone = rows.map((row) => at(logitsOf(parameters, texts, [row]), 0));
        // In order, shuffled, and with a row twice.
        for (const chosen of [rows, random.shuffled(rows), [...rows, 0]]) {
          logitsOf(parameters, texts, chosen).forEach((values, index) => {
            const wanted = at(alone, at(chosen, index));
            values.forEach((value, k) => {
              expect(Math.abs(value - at(wanted, k))).toBeLessThan(1e-9);
            });
          });
        }
        // The logits are of the text, not of the model alone.
        if (lengths.length > 1 && Math.max(...lengths) > 2) {
          expect(new Set(alone.map((values) => values.join())).size).toBeGreaterThan(1);
        }
      }),
      { numRuns: 6 },
    );
  });
});
