import { type Dimension, type Shape, shapeError } from "../dimension.js";
import { apply, expectFloat, inputOf, type Operation, type Tensor } from "../tensor.js";
import { stridesOf } from "../value.js";
import { fill } from "./constant.js";
import { add, scale } from "./elementwise.js";
import { reshape } from "./shape.js";

export interface ReduceAttributes {
  /** Axes to sum over, counted from 0. */
  readonly axes: readonly number[];
  readonly keepAxes: boolean;
}

const reducedShape = (shape: Shape, axes: readonly number[]): Dimension[] =>
  shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension));

export const reduceSumOperation: Operation<ReduceAttributes> = {
  name: "reduceSum",
  infer([x], { axes, keepAxes }) {
    if (x === undefined) throw new TypeError("reduceSum: one input");
    expectFloat("reduceSum", x);
    if (axes.length === 0 || axes.some((axis) => axis < 0 || axis >= x.shape.length)) {
      throw shapeError("reduceSum", `axes inside 0..${x.shape.length - 1}`, `[${axes.join(", ")}]`);
    }
    const shape = keepAxes
      ? reducedShape(x.shape, axes)
      : x.shape.filter((_, axis) => !axes.includes(axis));
    return [{ dtype: "float32", shape }];
  },
  emit: (context, names, { axes, keepAxes }) =>
    context.node("ReduceSum", [...names.inputs, context.integerConstant(axes)], names.outputs, {
      keepdims: keepAxes ? 1 : 0,
    }),
  gradient(node, upstream, { axes }) {
    const { shape } = inputOf(node, 0);
    const kept = reducedShape(shape, axes);
    return [add(fill(0, shape), reshape(upstream, kept))];
  },
  evaluate([x], { axes }) {
    if (x === undefined) return [];
    const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const strides = stridesOf(x.shape);
    const outStrides = stridesOf(kept);
    const result = new Float64Array(kept.reduce((total, size) => total * size, 1));
    for (let cell = 0; cell < x.data.length; cell++) {
      let rest = cell;
      let target = 0;
      for (let axis = 0; axis < x.shape.length; axis++) {
        const stride = strides[axis] ?? 1;
        const coordinate = Math.floor(rest / stride);
        rest -= coordinate * stride;
        if (kept[axis] !== 1) target += coordinate * (outStrides[axis] ?? 1);
      }
      result[target] = (result[target] ?? 0) + (x.data[cell] ?? 0);
    }
    return [result];
  },
};

/** Sum over `axes`, kept as size 1 when `keepAxes`. */
export const reduceSum = (x: Tensor, axes: readonly number[], keepAxes = false): Tensor =>
  apply(reduceSumOperation, [x], { axes, keepAxes });

/** Mean over the last axis, whose size must be known, kept as size 1. */
export function meanOfLast(x: Tensor): Tensor {
  const size = x.shape.at(-1);
  if (typeof size !== "number") throw shapeError("meanOfLast", "a known last size", String(size));
  return scale(reduceSum(x, [x.shape.length - 1], true), 1 / size);
}
