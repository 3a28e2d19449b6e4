import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import type { Setting } from "../architectures/architecture.js";
import {
  type ArchitectureName,
  architectureOf,
  parseModelType,
} from "../architectures/registry.js";
import { type Activation, activationNames } from "../encoder/activations.js";
import { type Pooling, poolings } from "../encoder/pooling.js";
import {
  choice,
  flag,
  label2idOf,
  labelsOf,
  optionalText,
  probability,
  realNumber,
  size,
} from "./config-fields.js";
import { type JsonObject, parseJsonObject, readOptionalText } from "./model-folder.js";

/** The sizes and settings of an encoder with a classification head. Keys are BERT's. */
export interface BertConfig {
  /** Which encoder, `model_type`. */
  readonly architecture: ArchitectureName;
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
  /** Rows of the position embedding, `max_position_embeddings`; `maxTokens` is the longest input. */
  readonly maxPositions: number;
  /** Rows of the token type embedding, `type_vocab_size`; 0 where the encoder has none. */
  readonly typeVocabularySize: number;
  /** Added to the variance in layer normalisation, `layer_norm_eps`. */
  readonly layerNormEpsilon: number;
  /** Dropout probability after embeddings and dense layers, `hidden_dropout_prob`. */
  readonly hiddenDropout: number;
  /** Dropout probability of attention weights, `attention_probs_dropout_prob`. */
  readonly attentionDropout: number;
  /** Dropout probability before the classifier, `classifier_dropout`, else `hidden_dropout_prob`. */
  readonly classifierDropout: number;
  /** The feed-forward activation, `hidden_act`. */
  readonly activation: Activation;
  /** What the head reads of the last layer; ours, Transformers has "cls" alone. */
  readonly pooling: Pooling;
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

/** Our key of `config.json`; Transformers passes it over. Absent for "cls". */
const POOLING_KEY = "counterweight_pooling";

/** Keys of `config.json` that a `BertConfig` field stands for in every architecture. */
const COMMON_KEYS = ["num_labels", "id2label", "label2id", "model_type", POOLING_KEY];

/**
 * The configuration in a Hugging Face `config.json`, with Transformers' defaults for absent keys.
 * @param where the file, for messages.
 * @throws CounterweightError("model") for an architecture that is not built here, a wrong type or
 *   an impossible size.
 */
export function parseConfig(json: JsonObject, where: string): BertConfig {
  const architecture = parseModelType(json.model_type, where);
  const { keys } = architectureOf({ architecture });
  const sizeOf = ([key, standard]: Setting): number => size(json, key, standard, where);
  const rate = ([key, standard]: Setting): number => probability(json, key, standard, where);
  refuseOtherEncoders(json, where);
  const hiddenSize = sizeOf(keys.hiddenSize);
  const heads = sizeOf(keys.heads);
  if (hiddenSize % heads !== 0) {
    throw new CounterweightError(
      "model",
      `${keys.heads[0]} ${heads} does not divide ${keys.hiddenSize[0]} ${hiddenSize}.`,
      { where, fix: "Choose a number of heads that divides it." },
    );
  }
  const vocabularySize = sizeOf(keys.vocabularySize);
  const hiddenDropout = rate(keys.hiddenDropout);
  const [classifierKey, classifierRate = hiddenDropout] = keys.classifierDropout;
  const id2label = labelsOf(json, where);
  const known = new Set([...COMMON_KEYS, ...keysOf(architecture)]);
  const config: BertConfig = {
    architecture,
    hiddenSize,
    layers: sizeOf(keys.layers),
    heads,
    intermediateSize: sizeOf(keys.intermediateSize),
    vocabularySize,
    maxPositions: sizeOf(keys.maxPositions),
    typeVocabularySize: keys.typeVocabularySize === undefined ? 0 : sizeOf(keys.typeVocabularySize),
    layerNormEpsilon:
      keys.layerNormEpsilon === undefined
        ? FIXED_EPSILON
        : realNumber(json, ...keys.layerNormEpsilon, where),
    hiddenDropout,
    attentionDropout: rate(keys.attentionDropout),
    classifierDropout: rate([classifierKey, classifierRate]),
    activation: choice(json, ...keys.activation, activationNames, where),
    pooling: choice(json, POOLING_KEY, "cls", poolings, where),
    initializerRange: realNumber(json, ...keys.initializerRange, where),
    padTokenId: padTokenOf(json, keys.padTokenId[1], vocabularySize, where),
    numLabels: id2label.length,
    id2label,
    other: Object.fromEntries(Object.entries(json).filter(([key]) => !known.has(key))),
  };
  if (maxTokens(config) < 1) {
    throw new CounterweightError(
      "model",
      `${keys.maxPositions[0]} ${config.maxPositions} leaves no position for a token.`,
      { where, fix: "Positions start at pad_token_id + 1; set both as the checkpoint has them." },
    );
  }
  return config;
}

/** The epsilon of layer norms where `config.json` has no key for it. */
const FIXED_EPSILON = 1e-12;

const keysOf = (architecture: ArchitectureName): string[] =>
  Object.values(architectureOf({ architecture }).keys).flatMap((setting) =>
    setting === undefined ? [] : [setting[0]],
  );

function refuseOtherEncoders(json: JsonObject, where: string): void {
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
}

function padTokenOf(
  json: JsonObject,
  standard: number,
  vocabularySize: number,
  where: string,
): number | undefined {
  const value = json.pad_token_id;
  if (value === undefined) return standard;
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
 * @throws CounterweightError("model") when it is missing or not one of an architecture built here.
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

/** Most tokens that a row may have, special tokens included. */
export const maxTokens = (config: BertConfig): number =>
  config.maxPositions - architectureOf(config).positionOffset(config);

/** The content of a `config.json` that Transformers (and `parseConfig`) reads as `config`. */
export function configToJson(config: BertConfig): JsonObject {
  const { keys } = architectureOf(config);
  const optional = (setting: Setting | undefined, value: number): JsonObject =>
    setting === undefined ? {} : { [setting[0]]: value };
  return {
    ...config.other,
    model_type: config.architecture,
    [keys.hiddenSize[0]]: config.hiddenSize,
    [keys.layers[0]]: config.layers,
    [keys.heads[0]]: config.heads,
    [keys.intermediateSize[0]]: config.intermediateSize,
    [keys.vocabularySize[0]]: config.vocabularySize,
    [keys.maxPositions[0]]: config.maxPositions,
    ...optional(keys.typeVocabularySize, config.typeVocabularySize),
    ...optional(keys.layerNormEpsilon, config.layerNormEpsilon),
    [keys.hiddenDropout[0]]: config.hiddenDropout,
    [keys.attentionDropout[0]]: config.attentionDropout,
    [keys.classifierDropout[0]]: config.classifierDropout,
    [keys.activation[0]]: config.activation,
    [keys.initializerRange[0]]: config.initializerRange,
    pad_token_id: config.padTokenId ?? null,
    ...(config.pooling === "cls" ? {} : { [POOLING_KEY]: config.pooling }),
    id2label: Object.fromEntries(config.id2label.entries()),
    label2id: label2idOf(config.id2label),
  };
}
