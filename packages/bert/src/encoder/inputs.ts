import { input, type Tensor } from "@counterweight/graph";

/**
 * A batch as the graph sees it. Tokens of all rows stand end to end (`tokens`), so that linear
 * layers never see padding; attention alone arranges them in cells, position by position:
 * cell `position * rows + row`.
 */
export interface BatchTensors {
  /** Vocabulary id of each token, int32 `[tokens]`. */
  readonly tokenIds: Tensor;
  /** Segment (0 or 1) of each token, int32 `[tokens]`. */
  readonly typeIds: Tensor;
  /** Position of each token in its row, int32 `[tokens]`. */
  readonly positions: Tensor;
  /** Cell of each token, int32 `[tokens]`. */
  readonly tokenCell: Tensor;
  /** Token of each cell, or -1 for padding, int32 `[longest*rows]`. */
  readonly cellToken: Tensor;
  /** Added to attention scores: 0 for a token, -1e9 for padding, float32 `[rows, 1, 1, longest]`. */
  readonly attentionMask: Tensor;
  /** Each row's first token, [CLS], int32 `[rows]`. */
  readonly firstTokens: Tensor;
}

/** Declares the inputs of a batch. */
export function batchTensors(): BatchTensors {
  return {
    tokenIds: input("tokenIds", "int32", ["tokens"]),
    typeIds: input("typeIds", "int32", ["tokens"]),
    positions: input("positions", "int32", ["tokens"]),
    tokenCell: input("tokenCell", "int32", ["tokens"]),
    cellToken: input("cellToken", "int32", ["longest*rows"]),
    attentionMask: input("attentionMask", "float32", ["rows", 1, 1, "longest"]),
    firstTokens: input("firstTokens", "int32", ["rows"]),
  };
}
