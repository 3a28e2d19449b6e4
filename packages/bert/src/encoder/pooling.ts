import { matmul, reshape, softmax, type Tensor, transpose, unpack } from "@counterweight/graph";
import type { Builder } from "./layers.js";

/** What the head reads of the last layer: a row's first token, or the mean of all its tokens. */
export type Pooling = "cls" | "mean";

/** All poolings there are. */
export const poolings: readonly Pooling[] = ["cls", "mean"];

/**
 * Mean of each row's vectors, special tokens included and padding not, as sentence-transformers:
 * x `[tokens, width]` to `[rows, width]`. Softmax of the attention mask is 1 / length at a row's
 * tokens and exactly 0 elsewhere, so the mean is a product with it.
 */
export function meanOfRows({ batch, config }: Builder, x: Tensor): Tensor {
  const cells = unpack(x, batch.tokenCell, batch.cellToken);
  const byRow = transpose(reshape(cells, ["longest", "rows", 1, config.hiddenSize]), [1, 2, 0, 3]);
  return reshape(matmul(softmax(batch.attentionMask), byRow), ["rows", config.hiddenSize]);
}
