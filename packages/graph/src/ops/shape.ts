import {
  type Dimension,
  formatShape,
  product,
  type Shape,
  sameShape,
  shapeError,
} from "../dimension.js";
import {
  apply,
  attributesOf,
  inputOf,
  type NoAttributes,
  type Node,
  type Operation,
  type Tensor,
} from "../tensor.js";
import { stridesOf } from "../value.js";
import { fill } from "./constant.js";

export interface ReshapeAttributes {
  readonly shape: Shape;
}

export const reshapeOperation: Operation<ReshapeAttributes> = {
  name: "reshape",
  infer([x], { shape }) {
    if (x === undefined) throw new TypeError("reshape: one input");
    if (product(x.shape) !== product(shape)) {
      throw shapeError("reshape", `as many cells as ${formatShape(x.shape)}`, formatShape(shape));
    }
    return [{ dtype: x.dtype, shape }];
  },
  emit: (context, names, { shape }) =>
    context.node("Reshape", [...names.inputs, context.shapeVector(shape)], names.outputs, {
      allowzero: 1,
    }),
  gradient: (node, upstream) => [reshape(upstream, inputOf(node, 0).shape)],
  evaluate: ([x]) => (x === undefined ? [] : [x.data]),
};

/** The same cells in another shape. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : apply(reshapeOperation, [x], { shape });
}

export interface TransposeAttributes {
  /** Output axis `i` is input axis `order[i]`. */
  readonly order: readonly number[];
}

const inverse = (order: readonly number[]): number[] => order.map((_, axis) => order.indexOf(axis));

export const transposeOperation: Operation<TransposeAttributes> = {
  name: "transpose",
  infer([x], { order }) {
    if (x === undefined) throw new TypeError("transpose: one input");
    const sorted = [...order].sort((a, b) => a - b);
    if (sorted.length !== x.shape.length || sorted.some((axis, index) => axis !== index)) {
      throw shapeError(
        "transpose",
        `a permutation of ${x.shape.length} axes`,
        `[${order.join(", ")}]`,
      );
    }
    return [{ dtype: x.dtype, shape: order.map((axis) => x.shape[axis] ?? 1) }];
  },
  emit: (context, names, { order }) =>
    context.node("Transpose", names.inputs, names.outputs, { perm: order }),
  gradient: (_node, upstream, { order }) => [transpose(upstream, inverse(order))],
  evaluate([x], { order }, { shapes }) {
    if (x === undefined) return [];
    const shape = shapes[0] ?? [];
    const from = stridesOf(x.shape);
    const to = stridesOf(shape);
    const result = new Float64Array(x.data.length);
    for (let cell = 0; cell < result.length; cell++) {
      let rest = cell;
      let source = 0;
      for (let axis = 0; axis < shape.length; axis++) {
        const stride = to[axis] ?? 1;
        const coordinate = Math.floor(rest / stride);
        rest -= coordinate * stride;
        source += coordinate * (from[order[axis] ?? 0] ?? 1);
      }
      result[cell] = x.data[source] ?? 0;
    }
    return [result];
  },
};

/** Axes in another order: output axis `i` is input axis `order[i]`. */
export const transpose = (x: Tensor, order: readonly number[]): Tensor =>
  apply(transposeOperation, [x], { order });

/** The order of a transpose node; undefined for any other node. */
export const transposeOrder = (node: Node): readonly number[] | undefined =>
  attributesOf(node, transposeOperation)?.order;

function restShape(shape: Shape): Shape {
  return shape.slice(1);
}

export const concatenateOperation: Operation<NoAttributes> = {
  name: "concatenate",
  infer(inputs) {
    const [first] = inputs;
    if (first === undefined || first.shape.length === 0)
      throw new TypeError("concatenate: no axis");
    let total = 0;
    for (const { shape, dtype } of inputs) {
      if (dtype !== first.dtype || !sameShape(restShape(shape), restShape(first.shape))) {
        throw shapeError(
          "concatenate",
          `parts like ${formatShape(first.shape)}`,
          formatShape(shape),
        );
      }
      if (typeof shape[0] !== "number") {
        throw shapeError("concatenate", "a known first size", formatShape(shape));
      }
      total += shape[0];
    }
    return [{ dtype: first.dtype, shape: [total, ...restShape(first.shape)] }];
  },
  emit: (context, names) => context.node("Concat", names.inputs, names.outputs, { axis: 0 }),
  gradient(node, upstream, _attributes, wanted) {
    let start = 0;
    return node.inputs.map((part, index) => {
      const from = start;
      start += Number(part.shape[0]);
      return wanted[index] ? slice(upstream, from, start) : undefined;
    });
  },
  evaluate(inputs) {
    const result = new Float64Array(inputs.reduce((total, { data }) => total + data.length, 0));
    let offset = 0;
    for (const { data } of inputs) {
      result.set(data, offset);
      offset += data.length;
    }
    return [result];
  },
};

/** Parts joined along axis 0, whose sizes must be known. */
export const concatenate = (parts: readonly Tensor[]): Tensor =>
  apply(concatenateOperation, parts, {});

export interface SliceAttributes {
  readonly start: number;
  readonly end: number;
}

export const sliceOperation: Operation<SliceAttributes> = {
  name: "slice",
  infer([x], { start, end }) {
    const size = x?.shape[0];
    if (x === undefined || typeof size !== "number" || start < 0 || end < start || end > size) {
      throw shapeError(
        "slice",
        `a range inside axis 0`,
        `${start}..${end} of ${formatShape(x?.shape ?? [])}`,
      );
    }
    return [{ dtype: x.dtype, shape: [end - start, ...restShape(x.shape)] }];
  },
  emit: (context, names, { start, end }) =>
    context.node(
      "Slice",
      [...names.inputs, ...[[start], [end], [0]].map((value) => context.integerConstant(value))],
      names.outputs,
    ),
  gradient(node, upstream, { start, end }) {
    const { shape } = inputOf(node, 0);
    const size = Number(shape[0]);
    const zeros = (count: number): Tensor[] =>
      count === 0 ? [] : [fill(0, [count, ...restShape(shape)])];
    return [concatenate([...zeros(start), upstream, ...zeros(size - end)])];
  },
  evaluate([x], { start, end }) {
    if (x === undefined) return [];
    const width = x.shape.slice(1).reduce((total, size) => total * size, 1);
    return [Float64Array.from(x.data.subarray(start * width, end * width))];
  },
};

/** Rows `start` to `end` (not included) of axis 0. */
export const slice = (x: Tensor, start: number, end: number): Tensor =>
  apply(sliceOperation, [x], { start, end });

/** Adds axes of size 1 at the end, so that a column broadcasts over what follows. */
export function withTrailingAxes(x: Tensor, count = 1): Tensor {
  return reshape(x, [...x.shape, ...new Array<Dimension>(count).fill(1)]);
}
