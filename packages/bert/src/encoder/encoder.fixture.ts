import { at, type Random, randomStream } from "@counterweight/base";
import { cellCount, sizesOf, type TensorValue } from "@counterweight/graph";
import type { BertConfig } from "../checkpoint/config.js";
import { bertParameterShapes } from "../checkpoint/parameter-shapes.js";
import { randomConfig } from "../checkpoint/random-config.js";
import type { EncodedTexts } from "../encoded-texts.js";
import type { Batch } from "./batch.js";
import type { DropoutSite } from "./layers.js";

/** A BERT that the float64 reference runs in milliseconds. */
export const smallConfig = (options: { readonly layers?: number } = {}): BertConfig =>
  randomConfig({
    vocabularySize: 13,
    hiddenSize: 8,
    heads: 2,
    layers: options.layers ?? 2,
    intermediateSize: 12,
    maxPositions: 9,
    dropout: 0.25,
    numLabels: 3,
  });

/**
 * Parameters far from a fresh model's: large weights, nonzero biases and gains off 1, so that no
 * term of any gradient is too small to see.
 */
export function randomParameters(config: BertConfig, seed: number): Record<string, TensorValue> {
  return Object.fromEntries(
    [...bertParameterShapes(config)].map(([name, shape]): [string, TensorValue] => {
      const random = randomStream("encoder test", seed, name);
      const isGain = name.endsWith("LayerNorm.weight");
      const draw = (): number => (isGain ? 1 + 0.3 * random.normal() : 0.5 * random.normal());
      return [name, { shape, data: Float64Array.from({ length: cellCount(shape) }, draw) }];
    }),
  );
}

/** Rows of random tokens with the given lengths; each row's segments go 0 .. 0 1 .. 1. */
export function randomTexts(
  config: BertConfig,
  lengths: readonly number[],
  random: Random,
): EncodedTexts {
  const offsets = Int32Array.of(0, ...lengths);
  for (let row = 1; row < offsets.length; row++)
    offsets[row] = at(offsets, row - 1) + at(offsets, row);
  const tokenIds: number[] = [];
  const typeIds: number[] = [];
  for (const length of lengths) {
    const second = 1 + random.integer(length);
    for (let position = 0; position < length; position++) {
      tokenIds.push(random.integer(config.vocabularySize));
      typeIds.push(position < second ? 0 : 1);
    }
  }
  return { offsets, tokenIds: Int32Array.from(tokenIds), typeIds: Uint8Array.from(typeIds) };
}

/** Row lengths of the kinds that packing could get wrong, at most `longest` tokens each. */
export const lengthKinds: Readonly<
  Record<string, (random: Random, longest: number) => readonly number[]>
> = {
  "any lengths": (random, longest) =>
    Array.from({ length: 2 + random.integer(4) }, () => 1 + random.integer(longest)),
  "a single row": (random, longest) => [1 + random.integer(longest)],
  "equal lengths": (random, longest) =>
    new Array<number>(2 + random.integer(3)).fill(1 + random.integer(longest)),
  "one long row among short ones": (random, longest) => random.shuffled([longest, 1, 2, 1]),
  "all rows truncated": (_random, longest) => [longest, longest, longest],
  "only [CLS]": () => [1, 1],
};

/** Random 0 and 1/keep masks for dropout sites, as a training step would draw them. */
export function randomMasks(
  sites: readonly DropoutSite[],
  { rows, tokens, longest }: Batch,
  random: Random,
): Record<string, TensorValue> {
  const sizes = new Map(Object.entries({ rows, tokens, longest }));
  return Object.fromEntries(
    sites.map(({ name, shape, rate }): [string, TensorValue] => {
      const concrete = sizesOf(shape, sizes);
      const draw = (): number => (random.float() < rate ? 0 : 1 / (1 - rate));
      const data = Float64Array.from({ length: cellCount(concrete) }, draw);
      return [name, { shape: concrete, data }];
    }),
  );
}

/** Largest absolute difference between two tensors of equal shape; infinite for unequal shapes. */
export function largestDifference(left?: TensorValue, right?: TensorValue): number {
  if (left === undefined || right === undefined) return Number.POSITIVE_INFINITY;
  if (left.shape.join() !== right.shape.join()) return Number.POSITIVE_INFINITY;
  return Float64Array.from(left.data).reduce(
    (most, value, cell) => Math.max(most, Math.abs(value - at(right.data, cell))),
    0,
  );
}
