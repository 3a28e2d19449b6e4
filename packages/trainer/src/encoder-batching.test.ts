import { join } from "node:path";
import { at, type Random, randomStream } from "@counterweight/base";
import {
  type Batch,
  type BertConfig,
  type EncodedTexts,
  initialiseParameters,
  loadCheckpoint,
  type ParameterTensor,
  packBatch,
  randomConfig,
  wordEmbeddingName,
} from "@counterweight/bert";
import { cellCount, evaluate, sizesOf, type TensorValue } from "@counterweight/graph";
import { losses } from "@counterweight/losses";
import { onnxRuntime } from "@counterweight/runtime";
import { describe, expect, test } from "vitest";
import {
  buildPredictionProgram,
  buildStepProgram,
  gradientName,
  wordVectorGradient,
} from "./programs.js";

/**
 * What batching must not change, through ONNX Runtime in float32. The float64 proofs are in
 * packages/bert/src/encoder.
 */
const runtime = onnxRuntime();
const assets = process.env.COUNTERWEIGHT_ASSETS ?? "";

interface Model {
  readonly config: BertConfig;
  readonly values: Readonly<Record<string, TensorValue>>;
}

const model = (config: BertConfig, parameters: ReadonlyMap<string, ParameterTensor>): Model => ({
  config,
  values: Object.fromEntries(
    [...parameters].map(([name, { shape, values }]) => [name, { shape, data: values }]),
  ),
});

/** Weights ten times those of a fresh model, so that logits and gradients differ between rows. */
function randomModel(): Model {
  const config = randomConfig({
    vocabularySize: 50,
    hiddenSize: 32,
    layers: 3,
    heads: 4,
    maxPositions: 40,
    numLabels: 3,
  });
  const parameters = initialiseParameters(config, 3);
  for (const [name, { values }] of parameters) {
    if (!name.endsWith("LayerNorm.weight")) {
      values.forEach((value, cell) => {
        values[cell] = 10 * value;
      });
    }
  }
  return model(config, parameters);
}

function texts(config: BertConfig, lengths: readonly number[], random: Random): EncodedTexts {
  let end = 0;
  const offsets = Int32Array.of(0, ...lengths.map((length) => (end += length)));
  return {
    offsets,
    tokenIds: Int32Array.from({ length: end }, () => random.integer(config.vocabularySize)),
    typeIds: new Uint8Array(end),
  };
}

const lengthKinds: Readonly<Record<string, readonly number[]>> = {
  "any lengths": [7, 22, 3, 40, 12, 18, 9],
  "a single row": [17],
  "equal lengths": [12, 12, 12, 12],
  "one long row among short ones": [2, 40, 3, 2, 1],
  "all rows truncated": [40, 40, 40],
};

async function logitsAlike({ config, values }: Model): Promise<void> {
  const executable = await runtime.compile(buildPredictionProgram(config));
  const classes = config.numLabels;
  for (const [kind, lengths] of Object.entries(lengthKinds)) {
    const random = randomStream("encoder batching", kind);
    const encoded = texts(config, lengths, random);
    const rows = lengths.map((_, row) => row);
    const run = async (chosen: readonly number[]): Promise<readonly number[]> => {
      const result = await executable.run({ ...values, ...packBatch(encoded, chosen).values });
      return [...(result.logProbabilities?.data ?? [])];
    };
    const alone: (readonly number[])[] = [];
    for (const row of rows) alone.push(await run([row]));
    for (const chosen of [rows, random.shuffled(rows), [...rows, 0]]) {
      const together = await run(chosen);
      expect(together).toHaveLength(chosen.length * classes);
      chosen.forEach((row, position) => {
        at(alone, row).forEach((value, label) => {
          const difference = Math.abs(at(together, position * classes + label) - value);
          expect(difference, `${kind}: row ${row}`).toBeLessThan(1e-5);
        });
      });
    }
  }
  await executable.release();
}

describe("a row's log-probabilities are within 1e-5 whatever shares its batch", () => {
  test("random weights", () => logitsAlike(randomModel()));

  test.skipIf(assets === "")("MiniLM (needs COUNTERWEIGHT_ASSETS)", async () => {
    const folder = join(assets, "models", "all-MiniLM-L6-v2");
    const { config, parameters } = await loadCheckpoint(folder, { seed: 0, numLabels: 2 });
    await logitsAlike(model(config, parameters));
  });
});

/**
 * The same batch the way everyone pads it: every cell is a token of its own (id 0 where the text
 * has ended) that passes through all layers, and only the attention mask tells them apart.
 */
function paddedBatch(batch: Batch): Readonly<Record<string, TensorValue>> {
  const { rows, longest } = batch;
  const cells = rows * longest;
  const column = (name: string): Int32Array => Int32Array.from(batch.values[name]?.data ?? []);
  const cellToken = column("cellToken");
  const spread = (name: string, otherwise: (cell: number) => number): TensorValue => {
    const packed = column(name);
    return {
      shape: [cells],
      data: cellToken.map((token, cell) => (token < 0 ? otherwise(cell) : at(packed, token))),
    };
  };
  const itself: TensorValue = {
    shape: [cells],
    data: Int32Array.from(cellToken, (_, cell) => cell),
  };
  const mask = batch.values.attentionMask;
  if (mask === undefined) throw new TypeError("no mask");
  return {
    tokenIds: spread("tokenIds", () => 0),
    typeIds: spread("typeIds", () => 0),
    positions: spread("positions", (cell) => Math.floor(cell / rows)),
    tokenCell: itself,
    cellToken: itself,
    attentionMask: mask,
    firstTokens: { shape: [rows], data: Int32Array.from({ length: rows }, (_, row) => row) },
  };
}

describe("packed and padded gradients agree", () => {
  const { config, values } = randomModel();
  test.each(losses)("$name", async (loss) => {
    const step = buildStepProgram(config, loss, { gamma: 1 });
    const executable = await runtime.compile(step.program);
    for (const [kind, lengths] of Object.entries(lengthKinds)) {
      const random = randomStream("packed and padded", kind);
      const batch = packBatch(
        texts(config, lengths, random),
        lengths.map((_, row) => row),
      );
      const { rows, longest, tokens } = batch;
      const perRow = (draw: () => number): TensorValue => ({
        shape: [rows],
        data: Float32Array.from({ length: rows }, draw),
      });
      const shared = {
        ...values,
        labels: { shape: [rows], data: Int32Array.from({ length: rows }, () => random.integer(3)) },
        rowShares: perRow(() => 1 / rows),
        logQuality: perRow(() => Math.log(0.1 + 0.9 * random.float())),
        logDiversity: perRow(() => Math.log(0.1 + 0.9 * random.float())),
      };
      const noDropout = (sizes: ReadonlyMap<string, number>): Record<string, TensorValue> =>
        Object.fromEntries(
          step.dropoutSites.map(({ name, shape }): [string, TensorValue] => {
            const concrete = sizesOf(shape, sizes);
            return [name, { shape: concrete, data: new Float32Array(cellCount(concrete)).fill(1) }];
          }),
        );
      const sizes = (count: number): ReadonlyMap<string, number> =>
        new Map(Object.entries({ rows, longest, tokens: count }));
      const packedInputs = { ...shared, ...batch.values, ...noDropout(sizes(tokens)) };
      const padding = paddedBatch(batch);
      const packed = await executable.run(packedInputs);
      const padded = await executable.run({
        ...shared,
        ...padding,
        ...noDropout(sizes(rows * longest)),
      });
      const exact = evaluate(step.program, packedInputs);

      const perId = (gradient: TensorValue | undefined, ids: ArrayLike<number>): Float64Array => {
        const table = new Float64Array(config.vocabularySize * config.hiddenSize);
        gradient?.data.forEach((value, cell) => {
          const id = at(ids, Math.floor(cell / config.hiddenSize));
          const target = id * config.hiddenSize + (cell % config.hiddenSize);
          table[target] = at(table, target) + value;
        });
        return table;
      };
      const gradientsOf = (
        results: Readonly<Record<string, TensorValue>>,
        ids: ArrayLike<number>,
      ): ReadonlyMap<string, ArrayLike<number>> =>
        new Map<string, ArrayLike<number>>([
          [wordEmbeddingName, perId(results[wordVectorGradient], ids)],
          ...step.denseParameters.map((name): [string, ArrayLike<number>] => [
            name,
            results[gradientName(name)]?.data ?? [],
          ]),
        ]);
      const fromPacked = gradientsOf(packed, batch.tokenIds);
      const fromPadded = gradientsOf(padded, padding.tokenIds?.data ?? []);
      let largest = 0;
      const wanted = gradientsOf(exact, batch.tokenIds);
      for (const gradient of wanted.values()) {
        for (const value of Array.from(gradient)) largest = Math.max(largest, Math.abs(value));
      }
      expect(largest).toBeGreaterThan(1e-3);
      for (const [name, gradient] of wanted) {
        for (let cell = 0; cell < gradient.length; cell++) {
          const value = at(gradient, cell);
          const one = Math.abs(at(fromPacked.get(name) ?? [], cell) - value);
          const other = Math.abs(at(fromPadded.get(name) ?? [], cell) - value);
          if (!(one < 1e-5 * largest && other < 1e-5 * largest)) {
            expect.fail(`${kind}, ${name}[${cell}]: ${one} and ${other} off ${value}`);
          }
        }
      }
      expect(packed.loss?.data[0]).toBeCloseTo(at(padded.loss?.data ?? [], 0), 5);
    }
    await executable.release();
  });
});
