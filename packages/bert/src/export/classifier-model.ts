import type { Architecture, LayerNames } from "../architectures/architecture.js";
import { type ArchitectureName, architectureOf } from "../architectures/registry.js";
import type { BertConfig } from "../checkpoint/config.js";
import type { ParameterTensor } from "../checkpoint/read-safetensors.js";
import { type Precision, type WeightedLayers, weightedLayers } from "./dense-layers.js";
import { onnxActivations } from "./onnx-activations.js";
import { OnnxModelBuilder } from "./onnx-model.js";
import type { Message } from "./wire-format.js";

/** Added to the attention scores of padding: exp underflows to exactly 0 in float32. */
const maskedScore = -1e9;

/** What the parts of the model share while it is built. */
interface Parts {
  readonly config: BertConfig;
  readonly architecture: Architecture;
  readonly model: OnnxModelBuilder;
  readonly layers: WeightedLayers;
  /** Float32 `[batch_size, 1, 1, sequence_length]`: 0 for a token, a large negative for padding. */
  readonly mask: string;
}

/**
 * The classifier as an ONNX model with its weights inside, as Transformers' own exporter names its
 * ends: `input_ids`, `attention_mask` and (where the encoder has segments) `token_type_ids`, int64
 * `[batch_size, sequence_length]`, to `logits`, float32 `[batch_size, labels]`. ONNX's own operations
 * of opset 17 only; GELU is written with Erf, in the form that ONNX Runtime recognises and fuses.
 */
export function classifierModel(
  config: BertConfig,
  parameters: ReadonlyMap<string, ParameterTensor>,
  precision: Precision,
): Message {
  const model = new OnnxModelBuilder();
  const layers = weightedLayers(model, parameters, config.layerNormEpsilon, precision);
  const shape = ["batch_size", "sequence_length"];
  const ids = model.input("input_ids", "int64", shape);
  const attention = model.input("attention_mask", "int64", shape);
  const mask = scoreMask(model, attention);
  const parts: Parts = { config, architecture: architectureOf(config), model, layers, mask };

  let hidden = embeddings(parts, ids);
  for (let index = 0; index < config.layers; index++) {
    const firstOnly = index === config.layers - 1 && config.pooling === "cls";
    hidden = encoderLayer(parts, index, hidden, firstOnly);
  }
  const summary =
    config.pooling === "mean"
      ? meanOfTokens(model, hidden, attention)
      : model.node("pooling", "Gather", [hidden, model.integers(0)], { axis: 1 });
  const logits = head(parts, summary);
  model.output(logits, "float32", ["batch_size", config.numLabels]);
  return model.encode("classifier");
}

/** 0 for tokens and a large negative number for padding, to be added to attention scores. */
function scoreMask(model: OnnxModelBuilder, attention: string): string {
  const scope = "mask";
  const cells = model.node(scope, "Unsqueeze", [attention, model.integers([1, 2])]);
  const tokens = model.cast(scope, cells, "float32");
  const padding = model.node(scope, "Sub", [model.float(1), tokens]);
  return model.node(scope, "Mul", [padding, model.float(maskedScore)]);
}

/** Mean of each text's vectors, padding left out, `[batch_size, width]`. */
function meanOfTokens(model: OnnxModelBuilder, hidden: string, attention: string): string {
  const scope = "pooling";
  const tokens = model.cast(scope, attention, "float32");
  const kept = model.node(scope, "Unsqueeze", [tokens, model.integers([1])]);
  // [batch, 1, sequence] x [batch, sequence, width]: sums of the vectors that count.
  const sums = model.node(scope, "Squeeze", [
    model.node(scope, "MatMul", [kept, hidden]),
    model.integers([1]),
  ]);
  const counts = model.node(scope, "ReduceSum", [tokens, model.integers([1])], { keepdims: 1 });
  return model.node(scope, "Div", [sums, counts]);
}

/** Sum of the word, segment (where there are any) and position vectors, normalised. */
function embeddings(parts: Parts, ids: string): string {
  const { architecture, config, model, layers } = parts;
  const scope = "embeddings";
  const name = `${architecture.prefix}.embeddings`;
  let sum = layers.embedding(scope, `${name}.word_embeddings.weight`, ids);
  if (architecture.keys.typeVocabularySize !== undefined) {
    const segments = layers.lookUp(
      scope,
      `${name}.token_type_embeddings.weight`,
      segmentIds(parts),
    );
    sum = model.node(scope, "Add", [sum, segments]);
  }
  const offset = architecture.positionOffset(config);
  const positions =
    offset === 0
      ? positionsFromZero(model, scope, ids)
      : positionsPastPadding(model, scope, ids, offset - 1);
  const places = layers.lookUp(scope, `${name}.position_embeddings.weight`, positions);
  return layers.layerNorm(scope, `${name}.LayerNorm`, model.node(scope, "Add", [sum, places]));
}

/** The model's input where the encoder reads segments; RoBERTa has a table, but one segment only. */
function segmentIds({ config, model }: Parts): string {
  if (config.architecture === "roberta") return model.integers(0);
  return model.input("token_type_ids", "int64", ["batch_size", "sequence_length"]);
}

/**
 * RoBERTa's positions: a text's tokens count from `padding + 1`, padding cells have the padding
 * token's id, int64 `[batch_size, sequence_length]`.
 */
function positionsPastPadding(
  model: OnnxModelBuilder,
  scope: string,
  ids: string,
  padding: number,
): string {
  const isPadding = model.node(scope, "Equal", [ids, model.integers(padding)]);
  const tokens = model.cast(scope, model.node(scope, "Not", [isPadding]), "int64");
  const counted = model.node(scope, "CumSum", [tokens, model.integers(1)]);
  const kept = model.node(scope, "Mul", [counted, tokens]);
  return model.node(scope, "Add", [kept, model.integers(padding)]);
}

/** 0, 1, ... to the sequence's length, int64 `[sequence_length]`. */
function positionsFromZero(model: OnnxModelBuilder, scope: string, ids: string): string {
  const shape = model.node(scope, "Shape", [ids]);
  const length = model.node(scope, "Gather", [shape, model.integers(1)]);
  return model.node(scope, "Range", [model.integers(0), length, model.integers(1)]);
}

/**
 * One encoder layer. Of the last one only the first token's vector is read: `firstOnly` computes
 * all but keys and values for it alone, `[batch_size, 1, width]`.
 */
function encoderLayer(parts: Parts, index: number, x: string, firstOnly: boolean): string {
  const { architecture, config, model, layers } = parts;
  const scope = `layer.${index}`;
  const names = architecture.layer(index);
  const asking = firstOnly
    ? model.node(scope, "Slice", [x, model.integers([0]), model.integers([1]), model.integers([1])])
    : x;
  const context = selfAttention(parts, scope, names, asking, x);
  const attended = layers.layerNorm(
    `${scope}/attention`,
    names.contextNorm,
    model.node(`${scope}/attention`, "Add", [
      layers.dense(`${scope}/attention/output`, names.context, context),
      asking,
    ]),
  );
  const wide = layers.dense(`${scope}/intermediate`, names.inner, attended);
  const outer = layers.dense(
    `${scope}/output`,
    names.outer,
    onnxActivations[config.activation](model, `${scope}/activation`, wide),
  );
  return layers.layerNorm(scope, names.outerNorm, model.node(scope, "Add", [outer, attended]));
}

/** Multi-head attention of `asking` over the tokens of `x`; scores are `q k^T / sqrt(head size)`. */
function selfAttention(
  { config, model, layers, mask }: Parts,
  layer: string,
  names: LayerNames,
  asking: string,
  x: string,
): string {
  const { heads } = config;
  const headSize = config.hiddenSize / heads;
  const byHead = (
    part: "query" | "key" | "value",
    source: string,
    perm: readonly number[],
  ): string => {
    const scope = `${layer}/attention/${part}`;
    const vectors = layers.dense(scope, names[part], source);
    const split = model.node(scope, "Reshape", [vectors, model.integers([0, 0, heads, headSize])]);
    return model.node(scope, "Transpose", [split], { perm });
  };
  const scope = `${layer}/attention`;
  const query = byHead("query", asking, [0, 2, 1, 3]);
  const key = byHead("key", x, [0, 2, 3, 1]);
  const value = byHead("value", x, [0, 2, 1, 3]);
  const scaled = model.node(scope, "Div", [
    model.node(scope, "MatMul", [query, key]),
    model.float(Math.sqrt(headSize)),
  ]);
  const shares = model.node(scope, "Softmax", [model.node(scope, "Add", [scaled, mask])], {
    axis: -1,
  });
  const context = model.node(scope, "Transpose", [model.node(scope, "MatMul", [shares, value])], {
    perm: [0, 2, 1, 3],
  });
  return model.node(scope, "Reshape", [context, model.integers([0, 0, config.hiddenSize])]);
}

/** A head's first dense layer and what follows it; the second is the architecture's `output`. */
const heads: Readonly<
  Record<ArchitectureName, { readonly dense: string; readonly activation: "Tanh" | "Relu" }>
> = {
  bert: { dense: "bert.pooler.dense", activation: "Tanh" },
  distilbert: { dense: "pre_classifier", activation: "Relu" },
  roberta: { dense: "classifier.dense", activation: "Tanh" },
};

/** Logits `[batch_size, labels]` of one vector a text, in float32 at either precision. */
function head({ architecture, config, model, layers }: Parts, summary: string): string {
  const { dense, activation } = heads[config.architecture];
  const inner = layers.denseFloat("head", dense, summary);
  const active = model.node("head", activation, [inner]);
  return layers.denseFloat("classifier", architecture.output, active, "logits");
}
