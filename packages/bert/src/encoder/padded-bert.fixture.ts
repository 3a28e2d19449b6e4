import {
  add,
  constant,
  divide,
  erf,
  gather,
  input,
  matmul,
  multiply,
  reduceSum,
  reshape,
  scale,
  softmax,
  sqrt,
  subtract,
  type Tensor,
  type TensorValue,
  tanh,
  transpose,
} from "@counterweight/graph";
import type { BertConfig } from "../checkpoint/config.js";
import { bertParameterShapes } from "../checkpoint/parameter-shapes.js";
import type { EncodedTexts } from "../encoded-texts.js";

/**
 * BERT as textbooks draw it, for comparison: every row padded to the longest, every layer computed
 * for every cell, layer norm and GELU spelled out, dense layers as products. Nothing of the packed
 * encoder is used but the names of parameters and masks.
 */
export interface PaddedClassifier {
  readonly logits: Tensor;
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly values: Readonly<Record<string, TensorValue>>;
}

export interface PaddedOptions {
  /** Give dropout masks as inputs `dropout:<site>` over all cells. */
  readonly training: boolean;
}

/** Builds the padded model for the rows of one batch, in the order given. */
export function paddedClassifier(
  config: BertConfig,
  encoded: EncodedTexts,
  chosen: readonly number[],
  { training }: PaddedOptions,
): PaddedClassifier {
  const rows = chosen.length;
  const bounds = chosen.map((row) => [encoded.offsets[row] ?? 0, encoded.offsets[row + 1] ?? 0]);
  const longest = Math.max(...bounds.map(([start = 0, end = 0]) => end - start));
  const cells = rows * longest;
  const { hiddenSize: width, heads } = config;
  const ids = new Int32Array(cells);
  const types = new Int32Array(cells);
  const positions = Int32Array.from({ length: cells }, (_, cell) => cell % longest);
  const mask = new Float64Array(cells).fill(-1e9);
  bounds.forEach(([start = 0, end = 0], row) => {
    for (let token = start; token < end; token++) {
      const cell = row * longest + token - start;
      ids[cell] = encoded.tokenIds[token] ?? 0;
      types[cell] = encoded.typeIds[token] ?? 0;
      mask[cell] = 0;
    }
  });

  const shapes = bertParameterShapes(config);
  const parameters = new Map<string, Tensor>(
    [...shapes].map(([name, shape]) => [name, input(name, "float32", shape)]),
  );
  const parameter = (name: string): Tensor => {
    const tensor = parameters.get(name);
    if (tensor === undefined) throw new TypeError(name);
    return tensor;
  };
  const dropout = (x: Tensor, site: string): Tensor =>
    training ? multiply(x, input(`dropout:${site}`, "float32", x.shape)) : x;
  const dense = (x: Tensor, name: string): Tensor =>
    add(matmul(x, transpose(parameter(`${name}.weight`), [1, 0])), parameter(`${name}.bias`));
  const layerNorm = (x: Tensor, name: string): Tensor => {
    const mean = scale(reduceSum(x, [1], true), 1 / width);
    const centred = subtract(x, mean);
    const variance = scale(reduceSum(multiply(centred, centred), [1], true), 1 / width);
    const deviation = sqrt(add(variance, constant([config.layerNormEpsilon], [])));
    return add(
      multiply(divide(centred, deviation), parameter(`${name}.weight`)),
      parameter(`${name}.bias`),
    );
  };
  const gelu = (x: Tensor): Tensor =>
    multiply(x, add(scale(erf(scale(x, Math.SQRT1_2)), 0.5), constant([0.5], [])));
  /** `[cells, width]` as `[rows, heads, longest, head size]`. */
  const byHead = (x: Tensor): Tensor =>
    transpose(reshape(x, [rows, longest, heads, width / heads]), [0, 2, 1, 3]);

  const index = (name: string, size: number): Tensor => input(name, "int32", [size]);
  const embeddings = "bert.embeddings";
  let hidden = layerNorm(
    add(
      add(
        gather(parameter(`${embeddings}.word_embeddings.weight`), index("ids", cells)),
        gather(parameter(`${embeddings}.token_type_embeddings.weight`), index("types", cells)),
      ),
      gather(parameter(`${embeddings}.position_embeddings.weight`), index("places", cells)),
    ),
    `${embeddings}.LayerNorm`,
  );
  hidden = dropout(hidden, embeddings);
  const attentionMask = input("mask", "float32", [rows, 1, 1, longest]);
  for (let number = 0; number < config.layers; number++) {
    const layer = `bert.encoder.layer.${number}`;
    const attention = `${layer}.attention.self`;
    const query = byHead(dense(hidden, `${attention}.query`));
    const key = byHead(dense(hidden, `${attention}.key`));
    const value = byHead(dense(hidden, `${attention}.value`));
    const scores = scale(matmul(query, transpose(key, [0, 1, 3, 2])), 1 / Math.sqrt(width / heads));
    const shares = dropout(softmax(add(scores, attentionMask)), attention);
    const context = reshape(transpose(matmul(shares, value), [0, 2, 1, 3]), [cells, width]);
    const output = dropout(
      dense(context, `${layer}.attention.output.dense`),
      `${layer}.attention.output`,
    );
    const attended = layerNorm(add(hidden, output), `${layer}.attention.output.LayerNorm`);
    const inner = gelu(dense(attended, `${layer}.intermediate.dense`));
    const outer = dropout(dense(inner, `${layer}.output.dense`), `${layer}.output`);
    hidden = layerNorm(add(attended, outer), `${layer}.output.LayerNorm`);
  }
  const first = gather(hidden, index("first", rows));
  const pooled = dropout(tanh(dense(first, "bert.pooler.dense")), "classifier");
  const column = (data: Int32Array): TensorValue => ({ data, shape: [data.length] });
  return {
    logits: dense(pooled, "classifier"),
    parameters,
    values: {
      ids: column(ids),
      types: column(types),
      places: column(positions),
      mask: { data: mask, shape: [rows, 1, 1, longest] },
      first: column(Int32Array.from({ length: rows }, (_, row) => row * longest)),
    },
  };
}
