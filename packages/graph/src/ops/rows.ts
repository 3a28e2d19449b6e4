import { type Dimension, formatShape, product, shapeError } from "../dimension.js";
import {
  apply,
  expectFloat,
  inputOf,
  type NoAttributes,
  type Operation,
  type Tensor,
  type TensorType,
} from "../tensor.js";
import { multiply } from "./elementwise.js";
import { withTrailingAxes } from "./shape.js";

const widthOf = (shape: readonly number[]): number =>
  shape.slice(1).reduce((total, size) => total * size, 1);

function expectIndex(operation: string, index: TensorType | undefined): Dimension {
  const [size] = index?.shape ?? [];
  if (
    index === undefined ||
    index.dtype !== "int32" ||
    index.shape.length !== 1 ||
    size === undefined
  ) {
    throw shapeError(
      operation,
      "an int32 index [n]",
      index ? `${index.dtype} ${formatShape(index.shape)}` : "none",
    );
  }
  return size;
}

export const gatherOperation: Operation<NoAttributes> = {
  name: "gather",
  infer([table, index]) {
    if (table === undefined || table.shape.length === 0)
      throw new TypeError("gather: a table with rows");
    expectFloat("gather", table);
    return [{ dtype: "float32", shape: [expectIndex("gather", index), ...table.shape.slice(1)] }];
  },
  emit: (context, names) => context.node("Gather", names.inputs, names.outputs, { axis: 0 }),
  gradient(node, upstream, _attributes, wanted) {
    const table = inputOf(node, 0);
    return [wanted[0] ? scatterAdd(upstream, inputOf(node, 1), table.shape[0] ?? 1) : undefined];
  },
  evaluate([table, index]) {
    if (table === undefined || index === undefined) return [];
    const width = widthOf(table.shape);
    const result = new Float64Array(index.data.length * width);
    index.data.forEach((row, position) => {
      result.set(table.data.subarray(row * width, (row + 1) * width), position * width);
    });
    return [result];
  },
};

/** Rows of a table: `out[i] = table[index[i]]`, table `[n, ...]`, index int32 `[m]`. */
export const gather = (table: Tensor, index: Tensor): Tensor =>
  apply(gatherOperation, [table, index], {});

export interface ScatterAttributes {
  /** Rows of the result. */
  readonly rows: Dimension;
}

export const scatterAddOperation: Operation<ScatterAttributes> = {
  name: "scatterAdd",
  infer([updates, index], { rows }) {
    if (updates === undefined) throw new TypeError("scatterAdd: two inputs");
    expectFloat("scatterAdd", updates);
    if (expectIndex("scatterAdd", index) !== updates.shape[0]) {
      throw shapeError(
        "scatterAdd",
        "one index a row",
        `${formatShape(updates.shape)} and ${formatShape(index?.shape ?? [])}`,
      );
    }
    return [{ dtype: "float32", shape: [rows, ...updates.shape.slice(1)] }];
  },
  /**
   * A product with the one-hot matrix: `onehot(index)^T updates`. ONNX Runtime's ScatterND shares
   * rows out to threads without a lock, so repeated indices lose updates there.
   */
  emit(context, names, { rows }, types) {
    const [updates = "", index = ""] = names.inputs;
    const [given = 1, ...rest] = types.inputs[0]?.shape ?? [];
    const matrix = context.node1(
      "OneHot",
      [context.toInt64(index), context.shapeVector([rows]), context.floatConstant([0, 1], [2])],
      { axis: -1 },
    );
    const flat = context.node1("Reshape", [updates, context.shapeVector([given, product(rest)])], {
      allowzero: 1,
    });
    const sums = context.node1("Gemm", [matrix, flat], { transA: 1 });
    context.node(
      "Reshape",
      [sums, context.shapeVector(types.outputs[0]?.shape ?? [])],
      names.outputs,
      { allowzero: 1 },
    );
  },
  gradient: (node, upstream) => [gather(upstream, inputOf(node, 1))],
  evaluate([updates, index], _attributes, { shapes }) {
    if (updates === undefined || index === undefined) return [];
    const width = widthOf(updates.shape);
    const result = new Float64Array((shapes[0] ?? []).reduce((total, size) => total * size, 1));
    index.data.forEach((row, position) => {
      for (let k = 0; k < width; k++) {
        const cell = row * width + k;
        result[cell] = (result[cell] ?? 0) + (updates.data[position * width + k] ?? 0);
      }
    });
    return [result];
  },
};

/**
 * Sums rows by index into a table of zeros: `out[index[i]] += updates[i]`, out `[rows, ...]`. Costs
 * `rows` multiply-adds a cell of `updates`: for small tables.
 */
export const scatterAdd = (updates: Tensor, index: Tensor, rows: Dimension): Tensor =>
  apply(scatterAddOperation, [updates, index], { rows });

export interface OneHotAttributes {
  readonly classes: number;
}

export const oneHotOperation: Operation<OneHotAttributes> = {
  name: "oneHot",
  infer: ([index], { classes }) => [
    { dtype: "float32", shape: [expectIndex("oneHot", index), classes] },
  ],
  emit(context, names, { classes }) {
    const [index = ""] = names.inputs;
    context.node(
      "OneHot",
      [
        context.toInt64(index),
        context.integerConstant([classes]),
        context.floatConstant([0, 1], [2]),
      ],
      names.outputs,
      { axis: -1 },
    );
  },
  evaluate([index], { classes }) {
    const result = new Float64Array((index?.data.length ?? 0) * classes);
    index?.data.forEach((label, row) => {
      result[row * classes + label] = 1;
    });
    return [result];
  },
};

/** `[n, classes]` with a one at each row's index. */
export const oneHot = (index: Tensor, classes: number): Tensor =>
  apply(oneHotOperation, [index], { classes });

export const pickOperation: Operation<NoAttributes> = {
  name: "pick",
  infer([x, index]) {
    if (x === undefined || x.shape.length !== 2 || expectIndex("pick", index) !== x.shape[0]) {
      throw shapeError(
        "pick",
        "x [n, classes] and an index [n]",
        `${formatShape(x?.shape ?? [])} and ${formatShape(index?.shape ?? [])}`,
      );
    }
    expectFloat("pick", x);
    return [{ dtype: "float32", shape: [x.shape[0] ?? 1] }];
  },
  emit(context, names, _attributes, types) {
    const [x = "", index = ""] = names.inputs;
    const column = context.node1("Unsqueeze", [index, context.integerConstant([1])]);
    const picked = context.node1("GatherElements", [x, column], { axis: 1 });
    context.node(
      "Reshape",
      [picked, context.shapeVector(types.outputs[0]?.shape ?? [])],
      names.outputs,
      { allowzero: 1 },
    );
  },
  gradient(node, upstream) {
    const classes = inputOf(node, 0).shape[1];
    if (typeof classes !== "number")
      throw shapeError("pick", "a known number of classes", String(classes));
    return [multiply(oneHot(inputOf(node, 1), classes), withTrailingAxes(upstream))];
  },
  evaluate([x, index]) {
    if (x === undefined || index === undefined) return [];
    const classes = x.shape[1] ?? 1;
    return [Float64Array.from(index.data, (label, row) => x.data[row * classes + label] ?? 0)];
  },
};

/** One entry of each row: `out[i] = x[i, index[i]]`, x `[n, classes]`, index int32 `[n]`. */
export const pick = (x: Tensor, index: Tensor): Tensor => apply(pickOperation, [x, index], {});
