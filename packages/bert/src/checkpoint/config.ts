import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import {
  flag,
  label2idOf,
  labelsOf,
  optionalText,
  probability,
  realNumber,
  size,
} from "./config-fields.js";
import { type JsonObject, parseJsonObject, readOptionalText } from "./model-folder.js";

/** The sizes and settings of a BERT encoder with a classification head. */
export interface BertConfig {
  /** Width of a token's vector, `hidden_size`. */
  readonly hiddenSize: number;
  /** Encoder layers, `num_hidden_layers`. */
  readonly layers: number;
  /** Attention heads, `num_attention_heads`; divides `hiddenSize`. */
  readonly heads: number;
  /** Width of the feed-forward layer, `intermediate_size`. */
  readonly intermediateSize: number;
  /** Rows of the word embedding, `vocab_size`. */
  readonly vocabularySize: number;
  /** Longest input in tokens, `max_position_embeddings`. */
  readonly maxPositions: number;
  /** Rows of the token type embedding, `type_vocab_size`. */
  readonly typeVocabularySize: number;
  /** Added to the variance in layer normalisation, `layer_norm_eps`. */
  readonly layerNormEpsilon: number;
  /** Dropout probability after embeddings and dense layers, `hidden_dropout_prob`. */
  readonly hiddenDropout: number;
  /** Dropout probability of attention weights, `attention_probs_dropout_prob`. */
  readonly attentionDropout: number;
  /** Dropout probability before the classifier, `classifier_dropout`, else `hidden_dropout_prob`. */
  readonly classifierDropout: number;
  /** The feed-forward activation; exact GELU, x Phi(x), is the one there is. */
  readonly activation: "gelu";
  /** Standard deviation of new weights, `initializer_range`. */
  readonly initializerRange: number;
  /** The padding token, whose word embedding starts at zero; undefined for none. */
  readonly padTokenId: number | undefined;
  /** Classes of the head. */
  readonly numLabels: number;
  /** Class names by index; `LABEL_0`, ... where the file has none. */
  readonly id2label: readonly string[];
  /** All other keys of the file, as they came; kept for writing it again. */
  readonly other: JsonObject;
}

/** Keys of `config.json` that a `BertConfig` field stands for. */
const KNOWN_KEYS: ReadonlySet<string> = new Set([
  "hidden_size",
  "num_hidden_layers",
  "num_attention_heads",
  "intermediate_size",
  "vocab_size",
  "max_position_embeddings",
  "type_vocab_size",
  "layer_norm_eps",
  "hidden_dropout_prob",
  "attention_probs_dropout_prob",
  "classifier_dropout",
  "hidden_act",
  "initializer_range",
  "pad_token_id",
  "num_labels",
  "id2label",
  "label2id",
  "model_type",
]);

/**
 * The configuration in a Hugging Face `config.json`, with Transformers' defaults for absent keys.
 * @param where the file, for messages.
 * @throws CounterweightError("model") for another architecture, a wrong type or an impossible size.
 */
export function parseConfig(json: JsonObject, where: string): BertConfig {
  if (json.model_type !== "bert") {
    const got = json.model_type === undefined ? "absent" : JSON.stringify(json.model_type);
    throw new CounterweightError("model", `model_type: needed "bert", got ${got}.`, {
      where,
      fix: "Use a BERT checkpoint; other architectures are not built here.",
    });
  }
  const activation = json.hidden_act ?? "gelu";
  if (activation !== "gelu") {
    throw new CounterweightError(
      "model",
      `hidden_act: needed "gelu", got ${JSON.stringify(activation)}.`,
      { where, fix: "Use a checkpoint that was trained with exact GELU." },
    );
  }
  const positions = optionalText(json, "position_embedding_type", where) ?? "absolute";
  if (positions !== "absolute") {
    throw new CounterweightError(
      "model",
      `position_embedding_type: needed "absolute", got ${JSON.stringify(positions)}.`,
      { where, fix: "Use a checkpoint with absolute position embeddings." },
    );
  }
  if (flag(json, "is_decoder", where) || flag(json, "add_cross_attention", where)) {
    throw new CounterweightError("model", "The model is a decoder.", {
      where,
      fix: "Use an encoder checkpoint (is_decoder and add_cross_attention false).",
    });
  }
  const hiddenSize = size(json, "hidden_size", 768, where);
  const heads = size(json, "num_attention_heads", 12, where);
  if (hiddenSize % heads !== 0) {
    throw new CounterweightError(
      "model",
      `num_attention_heads ${heads} does not divide hidden_size ${hiddenSize}.`,
      { where, fix: "Choose a number of heads that divides it." },
    );
  }
  const vocabularySize = size(json, "vocab_size", 30522, where);
  const hiddenDropout = probability(json, "hidden_dropout_prob", 0.1, where);
  const id2label = labelsOf(json, where);
  return {
    hiddenSize,
    layers: size(json, "num_hidden_layers", 12, where),
    heads,
    intermediateSize: size(json, "intermediate_size", 3072, where),
    vocabularySize,
    maxPositions: size(json, "max_position_embeddings", 512, where),
    typeVocabularySize: size(json, "type_vocab_size", 2, where),
    layerNormEpsilon: realNumber(json, "layer_norm_eps", 1e-12, where),
    hiddenDropout,
    attentionDropout: probability(json, "attention_probs_dropout_prob", 0.1, where),
    classifierDropout: probability(json, "classifier_dropout", hiddenDropout, where),
    activation: "gelu",
    initializerRange: realNumber(json, "initializer_range", 0.02, where),
    padTokenId: padTokenOf(json, vocabularySize, where),
    numLabels: id2label.length,
    id2label,
    other: Object.fromEntries(Object.entries(json).filter(([key]) => !KNOWN_KEYS.has(key))),
  };
}

function padTokenOf(json: JsonObject, vocabularySize: number, where: string): number | undefined {
  const value = json.pad_token_id;
  if (value === undefined) return 0;
  if (value === null) return undefined;
  if (
    typeof value !== "number" ||
    !Number.isInteger(value) ||
    value < 0 ||
    value >= vocabularySize
  ) {
    throw new CounterweightError(
      "model",
      `pad_token_id: needed an id below vocab_size ${vocabularySize}, got ${JSON.stringify(value)}.`,
      { where },
    );
  }
  return value;
}

/**
 * Reads `config.json` of a Hugging Face model folder.
 * @throws CounterweightError("model") when it is missing or not a BERT's.
 */
export async function readConfig(folder: string): Promise<BertConfig> {
  const path = join(folder, "config.json");
  const text = await readOptionalText(folder, "config.json");
  if (text === undefined) {
    throw new CounterweightError("model", "There is no config.json.", {
      where: folder,
      fix: "Give a Hugging Face model folder with config.json, model.safetensors and tokenizer.json.",
    });
  }
  return parseConfig(parseJsonObject(text, path), path);
}

/** `config` with `numLabels` classes, named by `names` or else `LABEL_0`, ... */
export function withLabels(
  config: BertConfig,
  numLabels: number,
  names: readonly string[] = Array.from({ length: numLabels }, (_, index) => `LABEL_${index}`),
): BertConfig {
  if (!Number.isInteger(numLabels) || numLabels < 1 || names.length !== numLabels) {
    throw new CounterweightError(
      "internal",
      `withLabels: ${names.length} names for ${numLabels} classes.`,
    );
  }
  return { ...config, numLabels, id2label: names };
}

/** The content of a `config.json` that Transformers (and `parseConfig`) reads as `config`. */
export function configToJson(config: BertConfig): JsonObject {
  return {
    ...config.other,
    model_type: "bert",
    hidden_size: config.hiddenSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    intermediate_size: config.intermediateSize,
    vocab_size: config.vocabularySize,
    max_position_embeddings: config.maxPositions,
    type_vocab_size: config.typeVocabularySize,
    layer_norm_eps: config.layerNormEpsilon,
    hidden_dropout_prob: config.hiddenDropout,
    attention_probs_dropout_prob: config.attentionDropout,
    classifier_dropout: config.classifierDropout,
    hidden_act: config.activation,
    initializer_range: config.initializerRange,
    pad_token_id: config.padTokenId ?? null,
    id2label: Object.fromEntries(config.id2label.entries()),
    label2id: label2idOf(config.id2label),
  };
}
