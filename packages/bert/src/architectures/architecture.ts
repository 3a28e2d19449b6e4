import type { Tensor } from "@counterweight/graph";
import type { BertConfig } from "../checkpoint/config.js";
import type { Activation } from "../encoder/activations.js";
import type { Builder } from "../encoder/layers.js";
import type { ShapeTable } from "./shape-table.js";

/** A key of `config.json`, and what Transformers takes where it is absent. */
export type Setting = readonly [key: string, standard: number];

/** Where `config.json` keeps the settings of a `BertConfig`. */
export interface ConfigKeys {
  readonly hiddenSize: Setting;
  readonly layers: Setting;
  readonly heads: Setting;
  readonly intermediateSize: Setting;
  readonly vocabularySize: Setting;
  readonly maxPositions: Setting;
  /** Undefined for an encoder without token types. */
  readonly typeVocabularySize: Setting | undefined;
  /** Undefined where Transformers' model fixes it at 1e-12. */
  readonly layerNormEpsilon: Setting | undefined;
  readonly hiddenDropout: Setting;
  readonly attentionDropout: Setting;
  /** Without a standard: as `hiddenDropout`. */
  readonly classifierDropout: readonly [key: string, standard: number | undefined];
  readonly initializerRange: Setting;
  readonly padTokenId: Setting;
  readonly activation: readonly [key: string, standard: Activation];
}

/** Names of an encoder layer's modules: what stands before `.weight` and `.bias`. */
export interface LayerNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  /** Dense layer on what attention gives. */
  readonly context: string;
  readonly contextNorm: string;
  /** Dense layer to the intermediate size, before the activation. */
  readonly inner: string;
  /** Dense layer back. */
  readonly outer: string;
  readonly outerNorm: string;
  /** Dropout sites; `context` undefined where the architecture has none there. */
  readonly dropout: {
    readonly attention: string;
    readonly context: string | undefined;
    readonly outer: string;
  };
}

/**
 * An encoder with a classification head as Transformers has it: what sets it apart from the others.
 * The layers between embeddings and head are the same post-norm layers in all of them.
 */
export interface Architecture {
  /** Transformers' class, for messages. */
  readonly className: string;
  /** What people call it, for messages. */
  readonly title: string;
  /** First part of the encoder's parameter names, without the dot. */
  readonly prefix: string;
  /** Second parts: a checkpoint of the bare encoder has names that start with these. */
  readonly parts: readonly string[];
  readonly keys: ConfigKeys;
  /** Embedding tables whose row of the padding token starts at zero. */
  readonly paddedTables: readonly string[];
  /** The dense layer to the classes, the only one whose shape depends on the task. */
  readonly output: string;
  /** Rows of the position table before the one of a text's first token. */
  readonly positionOffset: (config: BertConfig) => number;
  /** Every parameter, in the order of PyTorch's `named_parameters()`. */
  readonly declareShapes: (table: ShapeTable, config: BertConfig) => void;
  readonly layer: (index: number) => LayerNames;
  /** Word vectors `[tokens, width]` plus what else a token's vector is the sum of. */
  readonly embed: (builder: Builder, wordVectors: Tensor) => Tensor;
  /** Logits `[rows, classes]` of one vector a row, `[rows, width]`. */
  readonly head: (builder: Builder, summary: Tensor) => Tensor;
}
