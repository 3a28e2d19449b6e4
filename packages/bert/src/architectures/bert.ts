import { add, gather, tanh } from "@counterweight/graph";
import { dense } from "../encoder/layers.js";
import type { Architecture } from "./architecture.js";
import { bertLayerNames } from "./bert-layers.js";

/**
 * BERT (Devlin and others, 2019), as `BertForSequenceClassification`: token types and absolute
 * positions from 0; the head reads the pooler, tanh of a dense layer on [CLS].
 */
export const bert: Architecture = {
  className: "BertForSequenceClassification",
  title: "BERT",
  prefix: "bert",
  parts: ["embeddings", "encoder", "pooler"],
  keys: {
    hiddenSize: ["hidden_size", 768],
    layers: ["num_hidden_layers", 12],
    heads: ["num_attention_heads", 12],
    intermediateSize: ["intermediate_size", 3072],
    vocabularySize: ["vocab_size", 30522],
    maxPositions: ["max_position_embeddings", 512],
    typeVocabularySize: ["type_vocab_size", 2],
    layerNormEpsilon: ["layer_norm_eps", 1e-12],
    hiddenDropout: ["hidden_dropout_prob", 0.1],
    attentionDropout: ["attention_probs_dropout_prob", 0.1],
    classifierDropout: ["classifier_dropout", undefined],
    initializerRange: ["initializer_range", 0.02],
    padTokenId: ["pad_token_id", 0],
    activation: ["hidden_act", "gelu"],
  },
  paddedTables: ["bert.embeddings.word_embeddings.weight"],
  output: "classifier",
  positionOffset: () => 0,
  declareShapes(table, config) {
    table.rows("bert.embeddings.word_embeddings", config.vocabularySize);
    table.rows("bert.embeddings.position_embeddings", config.maxPositions);
    table.rows("bert.embeddings.token_type_embeddings", config.typeVocabularySize);
    table.layerNorm("bert.embeddings.LayerNorm");
    for (let index = 0; index < config.layers; index++) table.layer(bert.layer(index));
    table.dense("bert.pooler.dense", config.hiddenSize, config.hiddenSize);
    table.dense("classifier", config.numLabels, config.hiddenSize);
  },
  layer: (index) => bertLayerNames("bert", index),
  embed(builder, wordVectors) {
    const { batch } = builder;
    const positions = gather(
      builder.parameter("bert.embeddings.position_embeddings.weight"),
      batch.positions,
    );
    const types = gather(
      builder.parameter("bert.embeddings.token_type_embeddings.weight"),
      batch.typeIds,
    );
    return add(add(wordVectors, types), positions);
  },
  head(builder, summary) {
    const pooled = tanh(dense(builder, "bert.pooler.dense", summary));
    const kept = builder.dropout(pooled, "classifier", builder.config.classifierDropout);
    return dense(builder, "classifier", kept);
  },
};
