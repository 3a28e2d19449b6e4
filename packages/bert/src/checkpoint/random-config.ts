import { type ArchitectureName, architectureOf } from "../architectures/registry.js";
import type { Pooling } from "../encoder/pooling.js";
import type { BertConfig } from "./config.js";
import { parseConfig } from "./config.js";

/** Sizes of a model that starts from random weights; every field has a default. */
export interface RandomConfigOptions {
  /** Default "bert". */
  readonly architecture?: ArchitectureName;
  /** Rows of the word embedding; the tokenizer's vocabulary size. */
  readonly vocabularySize: number;
  /** Default 64. */
  readonly hiddenSize?: number;
  /** Default 2. */
  readonly layers?: number;
  /** Default 4. */
  readonly heads?: number;
  /** Default 4 x hiddenSize. */
  readonly intermediateSize?: number;
  /** Longest input in tokens; default 128. */
  readonly maxPositions?: number;
  /** Probability of every dropout; default 0.1. */
  readonly dropout?: number;
  /** Default 2. */
  readonly numLabels?: number;
  /** What the head reads; default "cls". */
  readonly pooling?: Pooling;
  /** The padding token; default 0, [PAD] of the vocabularies that are built here. */
  readonly padTokenId?: number;
}

/**
 * The configuration of a small model without a checkpoint, checked like one that was read.
 * @throws CounterweightError("model") for impossible sizes.
 */
export function randomConfig(options: RandomConfigOptions): BertConfig {
  const { architecture = "bert", hiddenSize = 64, dropout = 0.1, padTokenId = 0 } = options;
  const { className, keys } = architectureOf({ architecture });
  const json = {
    model_type: architecture,
    architectures: [className],
    [keys.vocabularySize[0]]: options.vocabularySize,
    [keys.hiddenSize[0]]: hiddenSize,
    [keys.layers[0]]: options.layers ?? 2,
    [keys.heads[0]]: options.heads ?? 4,
    [keys.intermediateSize[0]]: options.intermediateSize ?? 4 * hiddenSize,
    [keys.hiddenDropout[0]]: dropout,
    [keys.attentionDropout[0]]: dropout,
    [keys.classifierDropout[0]]: dropout,
    [keys.padTokenId[0]]: padTokenId,
    num_labels: options.numLabels ?? 2,
    counterweight_pooling: options.pooling,
  };
  const where = "model with random weights";
  const longest = options.maxPositions ?? 128;
  // The rows of the position table that a text cannot use come on top.
  const offset = architectureOf({ architecture }).positionOffset(parseConfig(json, where));
  return parseConfig({ ...json, [keys.maxPositions[0]]: longest + offset }, where);
}
