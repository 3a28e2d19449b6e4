import { type Dimension, formatShape, type Shape, sameShape, shapeError } from "../dimension.js";
import {
  apply,
  expectFloat,
  inputOf,
  type NoAttributes,
  type Operation,
  type Tensor,
} from "../tensor.js";
import { stridesOf, type TensorValue } from "../value.js";
import { reduceSum } from "./reduce.js";
import { transpose, transposeOrder } from "./shape.js";

export interface SideOptions {
  /** Swap the last two axes before multiplying. */
  readonly transposed: boolean;
  /** The row axis stands before the batch axes: `[rows, ...batch, columns]`. */
  readonly rowsFirst: boolean;
}

export interface MatmulAttributes {
  readonly left: SideOptions;
  readonly right: SideOptions;
  readonly alpha: number;
}

export interface MatmulOptions {
  readonly transposeLeft?: boolean;
  readonly transposeRight?: boolean;
  /** Factor on the product; default 1. */
  readonly alpha?: number;
}

/** Moves a leading row axis behind the batch axes: `[1, .., rank - 2, 0, rank - 1]`. */
const rowsBehindBatch = (rank: number): number[] => [
  ...Array.from({ length: rank - 2 }, (_, axis) => axis + 1),
  0,
  rank - 1,
];
const rowsBeforeBatch = (rank: number): number[] => [
  rank - 2,
  ...Array.from({ length: rank - 2 }, (_, axis) => axis),
  rank - 1,
];

/** Shape as `[...batch, rows, columns]` after the side's options. */
function viewShape(shape: Shape, side: SideOptions): Dimension[] {
  const rank = shape.length;
  const order = side.rowsFirst ? rowsBehindBatch(rank) : shape.map((_, axis) => axis);
  const view = order.map((axis) => shape[axis] ?? 1);
  if (side.transposed) view.push(...view.splice(rank - 2, 2).reverse());
  return view;
}

/** Reads cell (batch, row, column) of a side. */
function reader(
  value: TensorValue,
  side: SideOptions,
): (batch: number, row: number, column: number) => number {
  const rank = value.shape.length;
  const strides = stridesOf(value.shape);
  const batchShape = side.rowsFirst ? value.shape.slice(1, -1) : value.shape.slice(0, -2);
  const batchStep =
    batchShape.length === 0
      ? 0
      : side.rowsFirst
        ? (strides[rank - 2] ?? 1)
        : (strides[rank - 3] ?? 1);
  const rowStep = side.rowsFirst && rank > 2 ? (strides[0] ?? 1) : (strides[rank - 2] ?? 1);
  return side.transposed
    ? (batch, row, column) => value.data[batch * batchStep + column * rowStep + row] ?? 0
    : (batch, row, column) => value.data[batch * batchStep + row * rowStep + column] ?? 0;
}

export const matmulOperation: Operation<MatmulAttributes> = {
  name: "matmul",
  infer([left, right], attributes) {
    if (left === undefined || right === undefined) throw new TypeError("matmul: two inputs");
    expectFloat("matmul", left, right);
    if (left.shape.length < 2 || left.shape.length !== right.shape.length) {
      throw shapeError(
        "matmul",
        "two matrices or stacks of equal rank",
        `${formatShape(left.shape)} and ${formatShape(right.shape)}`,
      );
    }
    const a = viewShape(left.shape, attributes.left);
    const b = viewShape(right.shape, attributes.right);
    if (!sameShape(a.slice(0, -2), b.slice(0, -2)) || a.at(-1) !== b.at(-2)) {
      throw shapeError(
        "matmul",
        "[..., m, k] times [..., k, n]",
        `${formatShape(a)} times ${formatShape(b)}`,
      );
    }
    return [{ dtype: "float32", shape: [...a.slice(0, -1), b.at(-1) ?? 1] }];
  },
  emit(context, names, { left, right, alpha }, types) {
    const flag = (value: boolean): number => (value ? 1 : 0);
    const common = {
      transA: flag(left.transposed),
      transB: flag(right.transposed),
      alpha: { float: alpha },
    };
    if (types.outputs[0]?.shape.length === 2) {
      context.node("Gemm", names.inputs, names.outputs, common);
      return;
    }
    context.node(
      "FusedMatMul",
      names.inputs,
      names.outputs,
      { ...common, transBatchA: flag(left.rowsFirst), transBatchB: flag(right.rowsFirst) },
      "com.microsoft",
    );
  },
  gradient(node, upstream, { left, right, alpha }, wanted) {
    const a = inputOf(node, 0);
    const b = inputOf(node, 1);
    const rank = a.shape.length;
    const plain: SideOptions = { transposed: false, rowsFirst: false };
    const flipped: SideOptions = { transposed: true, rowsFirst: false };
    const turn = (side: SideOptions): SideOptions => ({ ...side, transposed: !side.transposed });
    const restore = (gradient: Tensor, side: SideOptions): Tensor =>
      side.rowsFirst && rank > 2 ? transpose(gradient, rowsBeforeBatch(rank)) : gradient;
    const multiply = (x: Tensor, xSide: SideOptions, y: Tensor, ySide: SideOptions): Tensor =>
      general(x, y, { left: xSide, right: ySide, alpha });
    const leftGradient = (): Tensor =>
      left.transposed
        ? multiply(b, right, upstream, flipped)
        : multiply(upstream, plain, b, turn(right));
    const rightGradient = (): Tensor =>
      right.transposed
        ? multiply(upstream, flipped, a, left)
        : multiply(a, turn(left), upstream, plain);
    return [
      wanted[0] ? restore(leftGradient(), left) : undefined,
      wanted[1] ? restore(rightGradient(), right) : undefined,
    ];
  },
  evaluate([left, right], attributes, { shapes }) {
    const shape = shapes[0] ?? [];
    const [rows = 1, columns = 1] = shape.slice(-2);
    const result = new Float64Array(shape.reduce((total, size) => total * size, 1));
    if (left === undefined || right === undefined) return [result];
    const inner = Number(viewShape(left.shape, attributes.left).at(-1));
    const readLeft = reader(left, attributes.left);
    const readRight = reader(right, attributes.right);
    for (let cell = 0; cell < result.length; cell++) {
      const column = cell % columns;
      const row = Math.floor(cell / columns) % rows;
      const batch = Math.floor(cell / (columns * rows));
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += readLeft(batch, row, k) * readRight(batch, k, column);
      result[cell] = attributes.alpha * sum;
    }
    return [result];
  },
};

/**
 * ONNX Runtime reads `[rows, ...batch, columns]` in place, so a transpose that only moves the row
 * axis behind the batch axes is folded into the product instead of being written to memory.
 * Not where an axis is empty: FusedMatMul of ONNX Runtime 1.30 then divides by zero and takes the
 * process with it. A named size in such a product must therefore be at least 1 at run time.
 */
function absorbTranspose(tensor: Tensor, side: SideOptions): { tensor: Tensor; side: SideOptions } {
  const rank = tensor.shape.length;
  const source = tensor.node.inputs[0];
  if (rank < 3 || side.rowsFirst || source === undefined || tensor.shape.includes(0)) {
    return { tensor, side };
  }
  const order = transposeOrder(tensor.node);
  const wanted = rowsBehindBatch(rank);
  return order?.every((axis, index) => axis === wanted[index])
    ? { tensor: source, side: { ...side, rowsFirst: true } }
    : { tensor, side };
}

function general(left: Tensor, right: Tensor, attributes: MatmulAttributes): Tensor {
  const a = absorbTranspose(left, attributes.left);
  const b = absorbTranspose(right, attributes.right);
  return apply(matmulOperation, [a.tensor, b.tensor], {
    ...attributes,
    left: a.side,
    right: b.side,
  });
}

/**
 * `alpha * left right` over matrices, or stacks of matrices with equal batch axes. Sizes must be at
 * least 1: ONNX Runtime 1.30 crashes on a left operand without rows whose transpose was folded in.
 */
export function matmul(left: Tensor, right: Tensor, options: MatmulOptions = {}): Tensor {
  return general(left, right, {
    left: { transposed: options.transposeLeft ?? false, rowsFirst: false },
    right: { transposed: options.transposeRight ?? false, rowsFirst: false },
    alpha: options.alpha ?? 1,
  });
}

export const linearOperation: Operation<NoAttributes> = {
  name: "linear",
  infer([x, weight, bias]) {
    if (x === undefined || weight === undefined || bias === undefined)
      throw new TypeError("linear: three inputs");
    expectFloat("linear", x, weight, bias);
    const [outputs, inputs] = weight.shape;
    if (
      x.shape.length !== 2 ||
      weight.shape.length !== 2 ||
      x.shape[1] !== inputs ||
      !sameShape(bias.shape, [outputs ?? 1])
    ) {
      throw shapeError(
        "linear",
        "x [n, in], weight [out, in], bias [out]",
        [x, weight, bias].map(({ shape }) => formatShape(shape)).join(", "),
      );
    }
    return [{ dtype: "float32", shape: [x.shape[0] ?? 1, outputs ?? 1] }];
  },
  emit: (context, names) => context.node("Gemm", names.inputs, names.outputs, { transB: 1 }),
  gradient(node, upstream, _attributes, wanted) {
    return [
      wanted[0] ? matmul(upstream, inputOf(node, 1)) : undefined,
      wanted[1] ? matmul(upstream, inputOf(node, 0), { transposeLeft: true }) : undefined,
      wanted[2] ? reduceSum(upstream, [0]) : undefined,
    ];
  },
  evaluate([x, weight, bias]) {
    if (x === undefined || weight === undefined || bias === undefined) return [];
    const [rows = 0, inputs = 0] = x.shape;
    const outputs = weight.shape[0] ?? 0;
    const result = new Float64Array(rows * outputs);
    for (let row = 0; row < rows; row++) {
      for (let output = 0; output < outputs; output++) {
        let sum = bias.data[output] ?? 0;
        for (let k = 0; k < inputs; k++) {
          sum += (x.data[row * inputs + k] ?? 0) * (weight.data[output * inputs + k] ?? 0);
        }
        result[row * outputs + output] = sum;
      }
    }
    return [result];
  },
};

/** `x weight^T + bias`: x `[n, in]`, weight `[out, in]` (PyTorch's layout), bias `[out]`. */
export const linear = (x: Tensor, weight: Tensor, bias: Tensor): Tensor =>
  apply(linearOperation, [x, weight, bias], {});
