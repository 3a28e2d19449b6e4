import { CounterweightError } from "@counterweight/base";
import type { ParameterTensor } from "../checkpoint/read-safetensors.js";
import { bytesOf, type OnnxModelBuilder } from "./onnx-model.js";
import { type QuantisedRows, quantiseRows, transposed } from "./quantise-rows.js";

/** How weights enter the model. */
export type Precision = "float32" | "int8";

/**
 * Largest whole number of a dense layer's int8 weight. Processors without VNNI add the products of
 * two pairs (uint8 x int8) in 16 bits: 2 x 255 x 64 < 2^15, so no sum saturates and every machine
 * computes the same.
 */
const denseLimit = 64;
/** Embedding rows are looked up, not multiplied: they use all of int8. */
const embeddingLimit = 127;

/** The layers with weights, in float32 or int8. */
export interface WeightedLayers {
  /** Rows of the word embedding by id: `[...ids, width]`. */
  embedding(scope: string, name: string, ids: string): string;
  /** Rows of a small table by id, in float32 at either precision. */
  lookUp(scope: string, name: string, ids: string): string;
  /** `x W^T + b` for a checkpoint's dense layer. */
  dense(scope: string, name: string, x: string): string;
  /** `dense` in float32 at either precision: for heads, where int8 saves little and costs most. */
  denseFloat(scope: string, name: string, x: string, output?: string): string;
  /** Layer normalisation over the last axis with a checkpoint's gain and bias. */
  layerNorm(scope: string, name: string, x: string): string;
}

/**
 * Layers over a checkpoint's parameters. At `int8` a dense layer is what ONNX Runtime's
 * `quantize_dynamic` makes of it: `x` is rounded to uint8 with one scale and zero point a batch
 * (DynamicQuantizeLinear), the weight to int8 with one scale an output, and MatMulInteger's sums are
 * scaled back. The word embedding is int8 with one scale a row.
 */
export function weightedLayers(
  model: OnnxModelBuilder,
  parameters: ReadonlyMap<string, ParameterTensor>,
  epsilon: number,
  precision: Precision,
): WeightedLayers {
  const parameter = (name: string): ParameterTensor => {
    const found = parameters.get(name);
    if (found !== undefined) return found;
    throw new CounterweightError("internal", `the model to save has no parameter ${name}.`);
  };
  const asIs = (name: string): string => {
    const { shape, values } = parameter(name);
    return model.weight(name, "float32", shape, bytesOf(values));
  };
  const addBias = (scope: string, name: string, product: string, output?: string): string =>
    model.node(scope, "Add", [product, asIs(`${name}.bias`)], {}, output);

  const denseFloat: WeightedLayers["denseFloat"] = (scope, name, x, output) => {
    const { values, rows, columns } = matrix(`${name}.weight`, parameter(`${name}.weight`));
    const weight = model.weight(`${name}.weight:transposed`, "float32", [columns, rows], {
      byteLength: values.byteLength,
      make: () => bytesOf(transposed(values, rows, columns, new Float32Array(values.length))),
    });
    return addBias(scope, name, model.node(scope, "MatMul", [x, weight]), output);
  };

  const quantisedInputs = new Map<string, readonly string[]>();
  const quantised = (scope: string, x: string): readonly string[] => {
    const known = quantisedInputs.get(x);
    if (known !== undefined) return known;
    const made = model.nodes(scope, "DynamicQuantizeLinear", [x], {}, 3);
    quantisedInputs.set(x, made);
    return made;
  };
  const denseInt8: WeightedLayers["dense"] = (scope, name, x) => {
    const { values, rows, columns } = matrix(`${name}.weight`, parameter(`${name}.weight`));
    const result = once(() => quantiseRows(values, rows, columns, denseLimit));
    const weight = model.weight(`${name}.weight:int8`, "int8", [columns, rows], {
      byteLength: values.length,
      make: () =>
        bytesOf(transposed(result().integers, rows, columns, new Int8Array(values.length))),
    });
    const scales = model.weight(`${name}.weight:scale`, "float32", [rows], {
      byteLength: 4 * rows,
      make: () => bytesOf(result().scales),
    });
    const [integers = "", scale = "", zeroPoint = ""] = quantised(scope, x);
    const sums = model.node(scope, "MatMulInteger", [integers, weight, zeroPoint]);
    const scaling = model.node(scope, "Mul", [scale, scales]);
    const product = model.node(scope, "Mul", [model.cast(scope, sums, "float32"), scaling]);
    return addBias(scope, name, product);
  };

  const embeddingInt8: WeightedLayers["embedding"] = (scope, name, ids) => {
    const { values, rows, columns } = matrix(name, parameter(name));
    const result = once(() => quantiseRows(values, rows, columns, embeddingLimit));
    const table = model.weight(`${name}:int8`, "int8", [rows, columns], {
      byteLength: values.length,
      make: () => bytesOf(result().integers),
    });
    const scales = model.weight(`${name}:scale`, "float32", [rows, 1], {
      byteLength: 4 * rows,
      make: () => bytesOf(result().scales),
    });
    const integers = model.node(scope, "Gather", [table, ids]);
    const scale = model.node(scope, "Gather", [scales, ids]);
    return model.node(scope, "Mul", [model.cast(scope, integers, "float32"), scale]);
  };

  const lookUp: WeightedLayers["lookUp"] = (scope, name, ids) =>
    model.node(scope, "Gather", [asIs(name), ids]);
  return {
    lookUp,
    embedding: precision === "int8" ? embeddingInt8 : lookUp,
    denseFloat,
    dense: precision === "int8" ? denseInt8 : denseFloat,
    layerNorm: (scope, name, x) =>
      model.node(scope, "LayerNormalization", [x, asIs(`${name}.weight`), asIs(`${name}.bias`)], {
        axis: -1,
        epsilon: { float: epsilon },
      }),
  };
}

/** A two-dimensional parameter with its sizes. */
function matrix(
  name: string,
  { shape, values }: ParameterTensor,
): { readonly values: Float32Array; readonly rows: number; readonly columns: number } {
  const [rows, columns] = shape;
  if (rows === undefined || columns === undefined || shape.length !== 2) {
    throw new CounterweightError("internal", `${name} is [${shape.join(", ")}], not a matrix.`);
  }
  return { values, rows, columns };
}

/** `make` called when first needed; the second of two readers takes what the first had made. */
function once(make: () => QuantisedRows): () => QuantisedRows {
  let readers = 0;
  let kept: QuantisedRows | undefined;
  return () => {
    const result = kept ?? make();
    readers += 1;
    // Both the integers and the scales were written: nothing needs to stay in memory.
    kept = readers % 2 === 1 ? result : undefined;
    return result;
  };
}
