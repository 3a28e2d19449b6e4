import {
  add,
  type Dimension,
  gather,
  input,
  layerNorm,
  linear,
  matmul,
  multiply,
  pack,
  reshape,
  type Shape,
  softmax,
  type Tensor,
  transpose,
  unpack,
} from "@counterweight/graph";
import type { LayerNames } from "../architectures/architecture.js";
import type { BertConfig } from "../checkpoint/config.js";
import { activations } from "./activations.js";
import type { BatchTensors } from "./inputs.js";

/** A dropout mask that the graph takes as an input: cells are 0 or 1 / (keep probability). */
export interface DropoutSite {
  /** Name of the input. */
  readonly name: string;
  readonly shape: Shape;
  /** Probability that a cell is 0. */
  readonly rate: number;
}

/** What the parts of the encoder share while it is built. */
export interface Builder {
  readonly config: BertConfig;
  readonly batch: BatchTensors;
  /** The parameter of that name as a graph input. */
  parameter(name: string): Tensor;
  /** `x` times the mask of a new dropout site; `x` itself when the rate is 0. */
  dropout(x: Tensor, site: string, rate: number): Tensor;
}

/** A builder over declared parameter shapes; masks and parameters that are used are recorded. */
export function createBuilder(
  config: BertConfig,
  batch: BatchTensors,
  shapes: ReadonlyMap<string, readonly number[]>,
  training: boolean,
): Builder & {
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly sites: readonly DropoutSite[];
} {
  const parameters = new Map<string, Tensor>();
  const sites: DropoutSite[] = [];
  return {
    config,
    batch,
    parameters,
    sites,
    parameter(name) {
      const known = parameters.get(name);
      if (known !== undefined) return known;
      const shape = shapes.get(name);
      if (shape === undefined) throw new TypeError(`no parameter is called ${name}`);
      const tensor = input(name, "float32", shape);
      parameters.set(name, tensor);
      return tensor;
    },
    dropout(x, site, rate) {
      if (!training || rate === 0) return x;
      const name = `dropout:${site}`;
      sites.push({ name, shape: x.shape, rate });
      return multiply(x, input(name, "float32", x.shape));
    },
  };
}

/** `x W^T + b` with a checkpoint's dense layer. */
export const dense = (builder: Builder, name: string, x: Tensor): Tensor =>
  linear(x, builder.parameter(`${name}.weight`), builder.parameter(`${name}.bias`));

/** Layer normalisation with a checkpoint's gain and bias. */
export const normalise = (builder: Builder, name: string, x: Tensor): Tensor =>
  layerNorm(
    x,
    builder.parameter(`${name}.weight`),
    builder.parameter(`${name}.bias`),
    builder.config.layerNormEpsilon,
  );

/**
 * Multi-head self-attention. `queries` are the vectors that ask: all tokens, `[tokens, width]`, or
 * each row's first token alone, `[rows, width]`; `x` `[tokens, width]` are the vectors that answer.
 * Scores are `q k^T / sqrt(head size)`; a row sees its own tokens only.
 */
export function selfAttention(
  builder: Builder,
  names: LayerNames,
  x: Tensor,
  queries: "all" | "first",
): Tensor {
  const { config, batch } = builder;
  const headSize = config.hiddenSize / config.heads;
  const width = config.hiddenSize;
  /** `[tokens, width]` as `[rows, heads, positions, head size]`; padding cells are zero. */
  const byHead = (tokens: Tensor): Tensor => {
    const cells = unpack(tokens, batch.tokenCell, batch.cellToken);
    return transpose(reshape(cells, ["longest", "rows", config.heads, headSize]), [1, 2, 0, 3]);
  };
  const keys = byHead(dense(builder, names.key, x));
  const values = byHead(dense(builder, names.value, x));
  const asking = queries === "all" ? x : gather(x, batch.firstTokens);
  const question = dense(builder, names.query, asking);
  const asked: Dimension = queries === "all" ? "longest" : 1;
  const byQuery =
    queries === "all" ? byHead(question) : reshape(question, ["rows", config.heads, 1, headSize]);

  const scores = matmul(byQuery, keys, { transposeRight: true, alpha: 1 / Math.sqrt(headSize) });
  const shares = softmax(add(scores, batch.attentionMask));
  const kept = builder.dropout(shares, names.dropout.attention, config.attentionDropout);
  const context = matmul(kept, values);
  if (asked === 1) return reshape(context, ["rows", width]);
  const cells = reshape(transpose(context, [2, 0, 1, 3]), ["longest*rows", width]);
  return pack(cells, batch.tokenCell, batch.cellToken);
}

/**
 * One encoder layer (post-norm, as BERT). With `queries` "first" all but keys and values are
 * computed on the [CLS] rows alone: exact where nothing else of the last layer is read.
 */
export function encoderLayer(
  builder: Builder,
  names: LayerNames,
  x: Tensor,
  queries: "all" | "first",
): Tensor {
  const { hiddenDropout, activation } = builder.config;
  const drop = (value: Tensor, site: string | undefined): Tensor =>
    site === undefined ? value : builder.dropout(value, site, hiddenDropout);
  const context = dense(builder, names.context, selfAttention(builder, names, x, queries));
  const residual = queries === "all" ? x : gather(x, builder.batch.firstTokens);
  const attended = normalise(
    builder,
    names.contextNorm,
    add(residual, drop(context, names.dropout.context)),
  );
  const inner = activations[activation](dense(builder, names.inner, attended));
  const outer = drop(dense(builder, names.outer, inner), names.dropout.outer);
  return normalise(builder, names.outerNorm, add(attended, outer));
}
