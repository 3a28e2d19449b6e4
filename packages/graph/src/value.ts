import { CounterweightError } from "@counterweight/base";
import { cellCount } from "./dimension.js";

export type NumericArray = Float32Array | Float64Array | Int32Array;

/** A concrete tensor: row-major data and its shape. Nothing here knows ONNX. */
export interface TensorValue {
  readonly shape: readonly number[];
  readonly data: NumericArray;
}

/** A checked tensor value; throws `shape` when the cells do not fill the shape. */
export function tensorValue(data: NumericArray, shape: readonly number[]): TensorValue {
  if (data.length !== cellCount(shape)) {
    throw new CounterweightError(
      "shape",
      `${data.length} cells do not fill the shape [${shape.join(", ")}].`,
    );
  }
  return { data, shape };
}

/** Row-major strides in cells. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  }
  return strides;
}
