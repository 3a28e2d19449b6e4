import { CounterweightError } from "@counterweight/base";
import { add, gather, slice, tanh } from "@counterweight/graph";
import type { BertConfig } from "../checkpoint/config.js";
import { dense } from "../encoder/layers.js";
import type { Architecture } from "./architecture.js";
import { bert } from "./bert.js";
import { bertLayerNames } from "./bert-layers.js";

/** Position table rows up to and including the padding token's are not used. */
function positionOffset({ padTokenId }: BertConfig): number {
  if (padTokenId !== undefined) return padTokenId + 1;
  throw new CounterweightError(
    "model",
    "pad_token_id: RoBERTa counts positions from it, got null.",
    {
      fix: "Set the id of <pad> in config.json, 1 in most RoBERTa checkpoints.",
    },
  );
}

/**
 * RoBERTa (Liu and others, 2019), as `RobertaForSequenceClassification`: BERT's layers; a text's
 * positions start at `pad_token_id + 1`; every token is of type 0, whatever the tokenizer says; no
 * pooler, the head is dropout, a dense layer on <s>, tanh, dropout and the output layer.
 */
export const roberta: Architecture = {
  className: "RobertaForSequenceClassification",
  title: "RoBERTa",
  prefix: "roberta",
  parts: ["embeddings", "encoder", "pooler"],
  keys: { ...bert.keys, vocabularySize: ["vocab_size", 50265], padTokenId: ["pad_token_id", 1] },
  paddedTables: [
    "roberta.embeddings.word_embeddings.weight",
    "roberta.embeddings.position_embeddings.weight",
  ],
  output: "classifier.out_proj",
  positionOffset,
  declareShapes(table, config) {
    table.rows("roberta.embeddings.word_embeddings", config.vocabularySize);
    table.rows("roberta.embeddings.token_type_embeddings", config.typeVocabularySize);
    table.layerNorm("roberta.embeddings.LayerNorm");
    table.rows("roberta.embeddings.position_embeddings", config.maxPositions);
    for (let index = 0; index < config.layers; index++) table.layer(roberta.layer(index));
    table.dense("classifier.dense", config.hiddenSize, config.hiddenSize);
    table.dense("classifier.out_proj", config.numLabels, config.hiddenSize);
  },
  layer: (index) => bertLayerNames("roberta", index),
  embed(builder, wordVectors) {
    const { config, batch } = builder;
    const types = builder.parameter("roberta.embeddings.token_type_embeddings.weight");
    const table = builder.parameter("roberta.embeddings.position_embeddings.weight");
    const used = slice(table, positionOffset(config), config.maxPositions);
    return add(add(wordVectors, slice(types, 0, 1)), gather(used, batch.positions));
  },
  head(builder, summary) {
    const rate = builder.config.classifierDropout;
    const kept = builder.dropout(summary, "classifier.dense", rate);
    const features = tanh(dense(builder, "classifier.dense", kept));
    return dense(
      builder,
      "classifier.out_proj",
      builder.dropout(features, "classifier.out_proj", rate),
    );
  },
};
