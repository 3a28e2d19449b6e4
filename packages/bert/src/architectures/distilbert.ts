import { add, gather, relu } from "@counterweight/graph";
import { dense } from "../encoder/layers.js";
import type { Architecture } from "./architecture.js";

/**
 * DistilBERT (Sanh and others, 2019), as `DistilBertForSequenceClassification`: BERT's layers under
 * other names, without token types, without dropout after attention's dense layer, with layer norm
 * epsilon 1e-12; the head is a dense layer on [CLS], ReLU, dropout and the classifier.
 */
export const distilbert: Architecture = {
  className: "DistilBertForSequenceClassification",
  title: "DistilBERT",
  prefix: "distilbert",
  parts: ["embeddings", "transformer"],
  keys: {
    hiddenSize: ["dim", 768],
    layers: ["n_layers", 6],
    heads: ["n_heads", 12],
    intermediateSize: ["hidden_dim", 3072],
    vocabularySize: ["vocab_size", 30522],
    maxPositions: ["max_position_embeddings", 512],
    typeVocabularySize: undefined,
    layerNormEpsilon: undefined,
    hiddenDropout: ["dropout", 0.1],
    attentionDropout: ["attention_dropout", 0.1],
    classifierDropout: ["seq_classif_dropout", 0.2],
    initializerRange: ["initializer_range", 0.02],
    padTokenId: ["pad_token_id", 0],
    activation: ["activation", "gelu"],
  },
  paddedTables: ["distilbert.embeddings.word_embeddings.weight"],
  output: "classifier",
  positionOffset: () => 0,
  declareShapes(table, config) {
    table.rows("distilbert.embeddings.word_embeddings", config.vocabularySize);
    table.rows("distilbert.embeddings.position_embeddings", config.maxPositions);
    table.layerNorm("distilbert.embeddings.LayerNorm");
    for (let index = 0; index < config.layers; index++) table.layer(distilbert.layer(index));
    table.dense("pre_classifier", config.hiddenSize, config.hiddenSize);
    table.dense("classifier", config.numLabels, config.hiddenSize);
  },
  layer(index) {
    const layer = `distilbert.transformer.layer.${index}`;
    return {
      query: `${layer}.attention.q_lin`,
      key: `${layer}.attention.k_lin`,
      value: `${layer}.attention.v_lin`,
      context: `${layer}.attention.out_lin`,
      contextNorm: `${layer}.sa_layer_norm`,
      inner: `${layer}.ffn.lin1`,
      outer: `${layer}.ffn.lin2`,
      outerNorm: `${layer}.output_layer_norm`,
      dropout: { attention: `${layer}.attention`, context: undefined, outer: `${layer}.ffn` },
    };
  },
  embed(builder, wordVectors) {
    const table = builder.parameter("distilbert.embeddings.position_embeddings.weight");
    return add(wordVectors, gather(table, builder.batch.positions));
  },
  head(builder, summary) {
    const features = relu(dense(builder, "pre_classifier", summary));
    const kept = builder.dropout(features, "classifier", builder.config.classifierDropout);
    return dense(builder, "classifier", kept);
  },
};
