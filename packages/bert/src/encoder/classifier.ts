import { gather, type Tensor } from "@counterweight/graph";
import { architectureOf } from "../architectures/registry.js";
import type { BertConfig } from "../checkpoint/config.js";
import { parameterShapes } from "../checkpoint/parameter-shapes.js";
import { type BatchTensors, batchTensors } from "./inputs.js";
import { createBuilder, type DropoutSite, encoderLayer, normalise } from "./layers.js";
import { meanOfRows } from "./pooling.js";

/** Name of BERT's word embedding; for any architecture ask {@link wordEmbeddingNameOf}. */
export const wordEmbeddingName = "bert.embeddings.word_embeddings.weight";

/** Name of the word embedding, whose gradient is kept per token and not per vocabulary id. */
export const wordEmbeddingNameOf = (config: BertConfig): string =>
  `${architectureOf(config).prefix}.embeddings.word_embeddings.weight`;

/** An encoder with a classification head as a graph. */
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
 * Embeddings, encoder and classification head, as Transformers' class for sequence classification
 * of this architecture. With mean pooling the head (BERT's pooler included) reads the mean of a
 * row's last hidden states where it else reads the first token's.
 */
export function buildClassifier(
  config: BertConfig,
  { training = false }: ClassifierOptions = {},
): ClassifierGraph {
  const architecture = architectureOf(config);
  const batch = batchTensors();
  const builder = createBuilder(config, batch, parameterShapes(config), training);
  const embeddings = `${architecture.prefix}.embeddings`;
  const wordVectors = gather(builder.parameter(wordEmbeddingNameOf(config)), batch.tokenIds);
  const embedded = normalise(
    builder,
    `${embeddings}.LayerNorm`,
    architecture.embed(builder, wordVectors),
  );
  let hidden = builder.dropout(embedded, embeddings, config.hiddenDropout);
  for (let index = 0; index < config.layers; index++) {
    const isLast = index === config.layers - 1;
    const queries = isLast && config.pooling === "cls" ? "first" : "all";
    hidden = encoderLayer(builder, architecture.layer(index), hidden, queries);
  }
  const summary = config.pooling === "mean" ? meanOfRows(builder, hidden) : hidden;
  return {
    logits: architecture.head(builder, summary),
    batch,
    parameters: builder.parameters,
    wordVectors,
    dropoutSites: builder.sites,
  };
}
