import { formatShape, type Shape, shapeError } from "../dimension.js";
import {
  apply,
  expectFloat,
  inputOf,
  type NoAttributes,
  type Operation,
  type Tensor,
} from "../tensor.js";
import type { TensorValue } from "../value.js";

/**
 * A batch's tokens are packed end to end, `[tokens, ...]`; attention wants rows and columns,
 * `[cells, ...]`. Two indices, inverse to each other, lead across: `cellToken[c]` is the token in
 * cell c, or -1 where the cell is padding; `tokenCell[t]` is the cell of token t.
 * Padding cells are zero, so each direction is exactly the other's transpose, with or without
 * padding in the batch.
 */
function expectIndices(operation: string, x: Shape, from: Shape, to: Shape): Shape {
  if (x.length === 0 || from.length !== 1 || to.length !== 1 || x[0] !== from[0]) {
    throw shapeError(
      operation,
      "x [n, ...] and two indices [n], [m]",
      [x, from, to].map(formatShape).join(", "),
    );
  }
  return [...to, ...x.slice(1)];
}

function moveRows(x: TensorValue | undefined, index: TensorValue | undefined): Float64Array[] {
  if (x === undefined || index === undefined) return [];
  const width = x.shape.slice(1).reduce((total, size) => total * size, 1);
  const result = new Float64Array(index.data.length * width);
  index.data.forEach((source, row) => {
    if (source >= 0) result.set(x.data.subarray(source * width, (source + 1) * width), row * width);
  });
  return [result];
}

export const unpackOperation: Operation<NoAttributes> = {
  name: "unpack",
  infer([x, tokenCell, cellToken]) {
    if (x === undefined || tokenCell === undefined || cellToken === undefined)
      throw new TypeError("unpack: three inputs");
    expectFloat("unpack", x);
    return [
      {
        dtype: "float32",
        shape: expectIndices("unpack", x.shape, tokenCell.shape, cellToken.shape),
      },
    ];
  },
  emit(context, names, _attributes, types) {
    const [x = "", , cellToken = ""] = names.inputs;
    // ONNX counts negative indices from the end: -1 reads the zero row that is put there.
    const rest = types.inputs[0]?.shape.slice(1) ?? [];
    const zeroRow = context.node1("ConstantOfShape", [context.shapeVector([1, ...rest])], {
      value: context.floatTensor([0], [1]),
    });
    const extended = context.node1("Concat", [x, zeroRow], { axis: 0 });
    context.node("Gather", [extended, cellToken], names.outputs, { axis: 0 });
  },
  gradient: (node, upstream) => [pack(upstream, inputOf(node, 1), inputOf(node, 2))],
  evaluate: ([x, , cellToken]) => moveRows(x, cellToken),
};

export const packOperation: Operation<NoAttributes> = {
  name: "pack",
  infer([x, tokenCell, cellToken]) {
    if (x === undefined || tokenCell === undefined || cellToken === undefined)
      throw new TypeError("pack: three inputs");
    expectFloat("pack", x);
    return [
      { dtype: "float32", shape: expectIndices("pack", x.shape, cellToken.shape, tokenCell.shape) },
    ];
  },
  emit(context, names) {
    const [x = "", tokenCell = ""] = names.inputs;
    context.node("Gather", [x, tokenCell], names.outputs, { axis: 0 });
  },
  gradient: (node, upstream) => [unpack(upstream, inputOf(node, 1), inputOf(node, 2))],
  evaluate: ([x, tokenCell]) => moveRows(x, tokenCell),
};

/** Tokens to cells: x `[tokens, ...]` to `[cells, ...]`, padding cells zero. */
export const unpack = (x: Tensor, tokenCell: Tensor, cellToken: Tensor): Tensor =>
  apply(unpackOperation, [x, tokenCell, cellToken], {});

/** Cells to tokens: x `[cells, ...]` to `[tokens, ...]`, padding cells dropped. */
export const pack = (x: Tensor, tokenCell: Tensor, cellToken: Tensor): Tensor =>
  apply(packOperation, [x, tokenCell, cellToken], {});
