import { broadcastShapes } from "../dimension.js";
import {
  apply,
  expectFloat,
  inputOf,
  type NoAttributes,
  type Node,
  type Operation,
  outputOf,
  type Tensor,
} from "../tensor.js";
import { stridesOf, type TensorValue } from "../value.js";
import { constant } from "./constant.js";
import { sumTo } from "./sum-to.js";

const none: NoAttributes = {};

interface BinaryRule {
  readonly name: string;
  readonly onnx: string;
  readonly compute: (left: number, right: number) => number;
  /** Unreduced gradient of the left input. */
  readonly left: (node: Node, upstream: Tensor) => Tensor;
  readonly right: (node: Node, upstream: Tensor) => Tensor;
}

/** For each output cell, the cell of an input that broadcasting reads. */
function broadcastReader(value: TensorValue, target: readonly number[]): (cell: number) => number {
  const strides = stridesOf(target);
  const own = stridesOf(value.shape);
  const lead = target.length - value.shape.length;
  const steps = target.map((_, axis) => {
    const size = value.shape[axis - lead];
    return size === undefined || size === 1 ? 0 : (own[axis - lead] ?? 0);
  });
  return (cell) => {
    let rest = cell;
    let position = 0;
    for (let axis = 0; axis < target.length; axis++) {
      const stride = strides[axis] ?? 1;
      const coordinate = Math.floor(rest / stride);
      rest -= coordinate * stride;
      position += coordinate * (steps[axis] ?? 0);
    }
    return value.data[position] ?? 0;
  };
}

const cells = (shape: readonly number[]): number => shape.reduce((total, size) => total * size, 1);

function binary(rule: BinaryRule): Operation<NoAttributes> {
  return {
    name: rule.name,
    infer([left, right]) {
      if (left === undefined || right === undefined)
        throw new TypeError(`${rule.name}: two inputs`);
      expectFloat(rule.name, left, right);
      return [{ dtype: "float32", shape: broadcastShapes(rule.name, left.shape, right.shape) }];
    },
    emit: (context, names) => context.node(rule.onnx, names.inputs, names.outputs),
    gradient(node, upstream, _attributes, wanted) {
      const back = (
        side: Tensor,
        make: () => Tensor,
        want: boolean | undefined,
      ): Tensor | undefined => (want ? sumTo(make(), side.shape) : undefined);
      return [
        back(inputOf(node, 0), () => rule.left(node, upstream), wanted[0]),
        back(inputOf(node, 1), () => rule.right(node, upstream), wanted[1]),
      ];
    },
    evaluate([left, right], _attributes, { shapes }) {
      const shape = shapes[0] ?? [];
      const result = new Float64Array(cells(shape));
      if (left === undefined || right === undefined) return [result];
      const readLeft = broadcastReader(left, shape);
      const readRight = broadcastReader(right, shape);
      for (let cell = 0; cell < result.length; cell++) {
        result[cell] = rule.compute(readLeft(cell), readRight(cell));
      }
      return [result];
    },
  };
}

export const addOperation = binary({
  name: "add",
  onnx: "Add",
  compute: (left, right) => left + right,
  left: (_node, upstream) => upstream,
  right: (_node, upstream) => upstream,
});

export const subtractOperation = binary({
  name: "subtract",
  onnx: "Sub",
  compute: (left, right) => left - right,
  left: (_node, upstream) => upstream,
  right: (_node, upstream) => negate(upstream),
});

export const multiplyOperation = binary({
  name: "multiply",
  onnx: "Mul",
  compute: (left, right) => left * right,
  left: (node, upstream) => multiply(upstream, inputOf(node, 1)),
  right: (node, upstream) => multiply(upstream, inputOf(node, 0)),
});

export const divideOperation = binary({
  name: "divide",
  onnx: "Div",
  compute: (left, right) => left / right,
  left: (node, upstream) => divide(upstream, inputOf(node, 1)),
  right: (node, upstream) => negate(divide(multiply(upstream, outputOf(node)), inputOf(node, 1))),
});

/** `left + right`, broadcasting. */
export const add = (left: Tensor, right: Tensor): Tensor =>
  apply(addOperation, [left, right], none);
/** `left - right`, broadcasting. */
export const subtract = (left: Tensor, right: Tensor): Tensor =>
  apply(subtractOperation, [left, right], none);
/** `left * right`, broadcasting. */
export const multiply = (left: Tensor, right: Tensor): Tensor =>
  apply(multiplyOperation, [left, right], none);
/** `left / right`, broadcasting. */
export const divide = (left: Tensor, right: Tensor): Tensor =>
  apply(divideOperation, [left, right], none);
/** `factor * x` for a plain number. */
export const scale = (x: Tensor, factor: number): Tensor => multiply(x, constant([factor], []));
/** `-x` */
export const negate = (x: Tensor): Tensor => scale(x, -1);
/** `1 - x` */
export const oneMinus = (x: Tensor): Tensor => subtract(constant([1], []), x);
