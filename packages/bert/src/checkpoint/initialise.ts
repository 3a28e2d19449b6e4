import { CounterweightError, type Random, randomStream } from "@counterweight/base";
import { architectureOf } from "../architectures/registry.js";
import type { BertConfig } from "./config.js";
import { parameterShapes } from "./parameter-shapes.js";
import type { ParameterTensor } from "./read-safetensors.js";

/**
 * Fills with N(0, deviation^2): Box and Muller on pairs of 32-bit numbers from xoshiro128**.
 * The generator of `base` is written out with local variables here because BERT-base has 110
 * million weights: called through its closure they take several times as long.
 */
function fillNormal(values: Float32Array, deviation: number, seeds: Random): void {
  let [a, b, c, d] = [
    seeds.uint32() | 1,
    seeds.uint32() | 0,
    seeds.uint32() | 0,
    seeds.uint32() | 0,
  ];
  let radius = 0;
  for (let index = 0; index < values.length + (values.length % 2); index++) {
    const product = Math.imul(b, 5);
    const draw = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    if (index % 2 === 0) {
      // (draw + 1) / 2^32 lies in (0, 1], so the logarithm is finite.
      radius = deviation * Math.sqrt(-2 * Math.log((draw + 1) / 2 ** 32));
    } else {
      const angle = (2 * Math.PI * draw) / 2 ** 32;
      values[index - 1] = radius * Math.cos(angle);
      // Past the end of an odd length this assignment does nothing.
      values[index] = radius * Math.sin(angle);
    }
  }
}

/**
 * A new tensor as Transformers starts it: weights N(0, initializerRange^2), biases 0, layer norms
 * 1 and 0, embeddings of the padding token 0. The numbers depend on (seed, name) only, so
 * that no tensor's start depends on which others were loaded.
 * @throws CounterweightError("internal") for a name that the model does not have.
 */
export function initialiseParameter(
  config: BertConfig,
  name: string,
  seed: number,
): ParameterTensor {
  const shape = parameterShapes(config).get(name);
  if (shape === undefined) {
    throw new CounterweightError(
      "internal",
      `initialiseParameter: no parameter is called ${name}.`,
    );
  }
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  if (/(LayerNorm|layer_norm)\.weight$/.test(name)) values.fill(1);
  else if (name.endsWith(".weight")) {
    fillNormal(values, config.initializerRange, randomStream("bert", "initialise", seed, name));
  }
  if (architectureOf(config).paddedTables.includes(name) && config.padTokenId !== undefined) {
    const start = config.padTokenId * config.hiddenSize;
    values.fill(0, start, start + config.hiddenSize);
  }
  return { shape, values };
}

/** All parameters of `config` from random weights, in the order of `parameterShapes`. */
export function initialiseParameters(
  config: BertConfig,
  seed: number,
): Map<string, ParameterTensor> {
  const parameters = new Map<string, ParameterTensor>();
  for (const name of parameterShapes(config).keys()) {
    parameters.set(name, initialiseParameter(config, name, seed));
  }
  return parameters;
}
