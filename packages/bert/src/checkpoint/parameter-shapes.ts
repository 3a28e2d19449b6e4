import { architectureOf } from "../architectures/registry.js";
import { createShapeTable } from "../architectures/shape-table.js";
import type { BertConfig } from "./config.js";

/** Names of BERT's classification head; for any architecture ask {@link headParametersOf}. */
export const HEAD_PARAMETERS: readonly string[] = ["classifier.weight", "classifier.bias"];

/** Names of the tensors whose shape depends on the number of classes. */
export function headParametersOf(config: BertConfig): readonly string[] {
  const { output } = architectureOf(config);
  return [`${output}.weight`, `${output}.bias`];
}

/**
 * Every parameter of Transformers' model for sequence classification with its shape, in the order
 * of PyTorch's `named_parameters()`. A dense layer's weight is `[outputs, inputs]`.
 */
export function parameterShapes(config: BertConfig): ReadonlyMap<string, readonly number[]> {
  const table = createShapeTable(config);
  architectureOf(config).declareShapes(table, config);
  return table.shapes;
}

/** The first name of {@link parameterShapes}; it takes every architecture too. */
export const bertParameterShapes = parameterShapes;

/** Parameters in all: the sum over tensors of the product of their sizes. */
export function parameterCount(config: BertConfig): number {
  let count = 0;
  for (const shape of parameterShapes(config).values()) {
    count += shape.reduce((product, size) => product * size, 1);
  }
  return count;
}
