import { at, type Random, randomStream } from "@counterweight/base";
import {
  evaluate,
  gradients,
  input,
  logSoftmax,
  pick,
  program,
  reduceSum,
  scale,
  type Tensor,
  type TensorValue,
  tensorValue,
} from "@counterweight/graph";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Batch, packBatch } from "./batch.js";
import { buildClassifier, wordEmbeddingName } from "./classifier.js";
import {
  largestDifference,
  lengthKinds,
  randomMasks,
  randomParameters,
  randomTexts,
  smallConfig,
} from "./encoder.fixture.js";
import type { DropoutSite } from "./layers.js";
import { paddedClassifier } from "./padded-bert.fixture.js";

const config = smallConfig();
const width = config.hiddenSize;

/** Mean cross-entropy; a plain loss is enough, since the encoder only sees logits' gradients. */
const crossEntropy = (logits: Tensor, rows: number): Tensor =>
  scale(
    reduceSum(pick(logSoftmax(logits), input("labels", "int32", [logits.shape[0] ?? rows])), [0]),
    -1 / rows,
  );

const gradientOf = (name: string): string => `gradient:${name}`;

function named(tensors: readonly Tensor[], names: readonly string[]): Record<string, Tensor> {
  return Object.fromEntries(names.map((name, index) => [gradientOf(name), at(tensors, index)]));
}

/** The packed step's masks, laid out over padded cells; what falls on padding is noise. */
function overCells(
  sites: readonly DropoutSite[],
  masks: Readonly<Record<string, TensorValue>>,
  batch: Batch,
  random: Random,
): Record<string, TensorValue> {
  const { rows, longest } = batch;
  const cells = rows * longest;
  const noise = (length: number): Float64Array =>
    Float64Array.from({ length }, () => 2 * random.float());
  const cellOf = Array.from(batch.values.tokenCell?.data ?? [], (cell) => {
    // The packed encoder counts cells position by position, the padded one row by row.
    return (cell % rows) * longest + Math.floor(cell / rows);
  });
  const firstCells = Array.from({ length: rows }, (_, row) => row * longest);
  return Object.fromEntries(
    sites.map(({ name }): [string, TensorValue] => {
      const mask = masks[name];
      if (mask === undefined) throw new TypeError(name);
      if (name === "dropout:classifier") return [name, mask];
      if (mask.shape.length === 4) {
        const [, heads = 0, asking] = mask.shape;
        if (asking === longest) return [name, mask];
        const full = noise(rows * heads * longest * longest);
        for (let block = 0; block < rows * heads; block++) {
          const row = mask.data.subarray(block * longest, (block + 1) * longest);
          full.set(row, block * longest * longest);
        }
        return [name, { shape: [rows, heads, longest, longest], data: full }];
      }
      const targets = mask.shape[0] === batch.tokens ? cellOf : firstCells;
      // One token a row fits both readings, which are then the same.
      const full = noise(cells * width);
      targets.forEach((cell, index) => {
        full.set(mask.data.subarray(index * width, (index + 1) * width), cell * width);
      });
      return [name, { shape: [cells, width], data: full }];
    }),
  );
}

describe.each([false, true])("the packed encoder is the padded one (dropout: %s)", (training) => {
  test.each(Object.entries(lengthKinds))("%s: logits and every gradient", (kind, lengthsOf) => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = randomStream("packed and padded", kind, seed);
        const lengths = lengthsOf(random, config.maxPositions);
        const texts = randomTexts(config, lengths, random);
        const chosen = random.shuffled(lengths.map((_, row) => row));
        const parameters = randomParameters(config, seed);
        const labels = tensorValue(
          Int32Array.from(chosen, () => random.integer(config.numLabels)),
          [chosen.length],
        );

        const packed = buildClassifier(config, { training });
        const batch = packBatch(texts, chosen);
        const masks = randomMasks(packed.dropoutSites, batch, random);
        const names = [...packed.parameters.keys()];
        const packedLoss = crossEntropy(packed.logits, chosen.length);
        const packedGradients = gradients(packedLoss, [
          ...packed.parameters.values(),
          packed.wordVectors,
        ]);
        const packedResult = evaluate(
          program("packed", {
            logits: packed.logits,
            ...named(packedGradients, [...names, "word vectors"]),
          }),
          { ...parameters, ...batch.values, ...masks, labels },
        );

        const padded = paddedClassifier(config, texts, chosen, { training });
        expect([...padded.parameters.keys()].sort()).toEqual([...names].sort());
        const paddedGradients = gradients(
          crossEntropy(padded.logits, chosen.length),
          names.map((name) => padded.parameters.get(name) ?? packedLoss),
        );
        const paddedResult = evaluate(
          program("padded", { logits: padded.logits, ...named(paddedGradients, names) }),
          {
            ...parameters,
            ...padded.values,
            ...overCells(packed.dropoutSites, masks, batch, random),
            labels,
          },
        );

        for (const name of ["logits", ...names.map(gradientOf)]) {
          expect(largestDifference(packedResult[name], paddedResult[name]), name).toBeLessThan(
            1e-10,
          );
        }
        // What the trainer uses: one gradient a token, summed per vocabulary id.
        const table = new Float64Array(config.vocabularySize * width);
        batch.tokenIds.forEach((id, token) => {
          for (let k = 0; k < width; k++) {
            const cell = id * width + k;
            table[cell] =
              at(table, cell) +
              at(packedResult[gradientOf("word vectors")]?.data ?? [], token * width + k);
          }
        });
        expect(
          largestDifference(
            { shape: [config.vocabularySize, width], data: table },
            paddedResult[gradientOf(wordEmbeddingName)],
          ),
        ).toBeLessThan(1e-10);
      }),
      { numRuns: 5 },
    );
  });
});
