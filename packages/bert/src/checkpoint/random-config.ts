import type { BertConfig } from "./config.js";
import { parseConfig } from "./config.js";

/** Sizes of a BERT that starts from random weights; every field has a default. */
export interface RandomConfigOptions {
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
}

/**
 * The configuration of a small BERT without a checkpoint, checked like one that was read.
 * @throws CounterweightError("model") for impossible sizes.
 */
export function randomConfig(options: RandomConfigOptions): BertConfig {
  const { hiddenSize = 64, dropout = 0.1 } = options;
  const json = {
    model_type: "bert",
    architectures: ["BertForSequenceClassification"],
    vocab_size: options.vocabularySize,
    hidden_size: hiddenSize,
    num_hidden_layers: options.layers ?? 2,
    num_attention_heads: options.heads ?? 4,
    intermediate_size: options.intermediateSize ?? 4 * hiddenSize,
    max_position_embeddings: options.maxPositions ?? 128,
    hidden_dropout_prob: dropout,
    attention_probs_dropout_prob: dropout,
    num_labels: options.numLabels ?? 2,
  };
  return parseConfig(json, "model with random weights");
}
