import { add, gather, type Tensor, tanh } from "@counterweight/graph";
import type { BertConfig } from "../checkpoint/config.js";
import { bertParameterShapes } from "../checkpoint/parameter-shapes.js";
import { type BatchTensors, batchTensors } from "./inputs.js";
import { createBuilder, type DropoutSite, dense, encoderLayer, normalise } from "./layers.js";

/** Name of the word embedding, whose gradient is kept per token and not per vocabulary id. */
export const wordEmbeddingName = "bert.embeddings.word_embeddings.weight";

/** BERT with a classification head as a graph. */
export interface ClassifierGraph {
  /** Float32 `[rows, classes]`. */
  readonly logits: Tensor;
  readonly batch: BatchTensors;
  /** Parameters by Hugging Face name, in order of first use. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  /**
   * The word vectors that the batch looked up, `[tokens, width]`. A training step takes the
   * gradient of these; a batch touches a few hundred of the table's rows.
   */
  readonly wordVectors: Tensor;
  /** Masks to give in training; none otherwise. */
  readonly dropoutSites: readonly DropoutSite[];
}

export interface ClassifierOptions {
  /** With dropout masks as inputs. Default false. */
  readonly training?: boolean;
}

/**
 * Embeddings, encoder, pooler (tanh of a dense layer on [CLS]) and classification head, as
 * Transformers' `BertForSequenceClassification`.
 */
export function buildClassifier(
  config: BertConfig,
  { training = false }: ClassifierOptions = {},
): ClassifierGraph {
  const batch = batchTensors();
  const builder = createBuilder(config, batch, bertParameterShapes(config), training);
  const wordVectors = gather(builder.parameter(wordEmbeddingName), batch.tokenIds);
  const positions = gather(
    builder.parameter("bert.embeddings.position_embeddings.weight"),
    batch.positions,
  );
  const types = gather(
    builder.parameter("bert.embeddings.token_type_embeddings.weight"),
    batch.typeIds,
  );
  const embedded = normalise(
    builder,
    "bert.embeddings.LayerNorm",
    add(add(wordVectors, types), positions),
  );

  let hidden = builder.dropout(embedded, "bert.embeddings", config.hiddenDropout);
  for (let index = 0; index < config.layers; index++) {
    hidden = encoderLayer(builder, index, hidden, index === config.layers - 1 ? "first" : "all");
  }
  const pooled = tanh(dense(builder, "bert.pooler.dense", hidden));
  const logits = dense(
    builder,
    "classifier",
    builder.dropout(pooled, "classifier", config.classifierDropout),
  );
  return {
    logits,
    batch,
    parameters: builder.parameters,
    wordVectors,
    dropoutSites: builder.sites,
  };
}
