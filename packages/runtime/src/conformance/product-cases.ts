import { linear, matmul, type OperationName, type Tensor, transpose } from "@counterweight/graph";
import { type CaseMaker, floats, get, known, size, sizeOrEmpty } from "./case.js";

const matmulCase: CaseMaker = (random) => {
  const [batch, heads, m, n, k] = [
    size(random),
    size(random),
    size(random),
    size(random),
    size(random),
  ];
  const flat = random.integer(3) === 0;
  const alpha = random.integer(2) === 0 ? 1 : 0.37;
  const transposeLeft = random.integer(2) === 0;
  const transposeRight = random.integer(2) === 0;
  const side = (rows: number, columns: number): { shape: number[]; rowsFirst: boolean } => {
    if (flat) return { shape: [rows, columns], rowsFirst: false };
    const rowsFirst = random.integer(2) === 0;
    return {
      shape: rowsFirst ? [rows, batch, heads, columns] : [batch, heads, rows, columns],
      rowsFirst,
    };
  };
  const left = transposeLeft ? side(k, m) : side(m, k);
  const right = transposeRight ? side(n, k) : side(k, n);
  const view = (x: Tensor, rowsFirst: boolean): Tensor =>
    rowsFirst ? transpose(x, [1, 2, 0, 3]) : x;
  return {
    inputs: { x: known(floats(random, left.shape)), y: known(floats(random, right.shape)) },
    build: (tensors) =>
      matmul(view(get(tensors, "x"), left.rowsFirst), view(get(tensors, "y"), right.rowsFirst), {
        transposeLeft,
        transposeRight,
        alpha,
      }),
    differentiable: ["x", "y"],
  };
};

/** Matrix products. */
export const productCases = {
  matmul: matmulCase,
  linear: (random) => {
    const [rows, inputs, outputs] = [sizeOrEmpty(random), size(random), size(random)];
    return {
      inputs: {
        x: { shape: ["rows", inputs], value: floats(random, [rows, inputs]) },
        weight: known(floats(random, [outputs, inputs])),
        bias: known(floats(random, [outputs])),
      },
      build: (tensors) => linear(get(tensors, "x"), get(tensors, "weight"), get(tensors, "bias")),
      differentiable: ["x", "weight", "bias"],
    };
  },
} as const satisfies Partial<Record<OperationName, CaseMaker>>;
