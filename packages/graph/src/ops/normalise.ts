import { formatShape, shapeError } from "../dimension.js";
import {
  apply,
  applyAll,
  expectFloat,
  inputOf,
  type NoAttributes,
  type Operation,
  outputOf,
  type Tensor,
  type TensorType,
} from "../tensor.js";
import type { TensorValue } from "../value.js";
import { multiply, scale, subtract } from "./elementwise.js";
import { matmul } from "./matmul.js";
import { reduceSum } from "./reduce.js";
import { reshape } from "./shape.js";
import { exp } from "./unary.js";

function lastAxis(operation: string, x: TensorType | undefined): number {
  if (x === undefined || x.shape.length === 0)
    throw shapeError(operation, "a last axis", formatShape(x?.shape ?? []));
  expectFloat(operation, x);
  return x.shape.length - 1;
}

/** Applies `row` to each stretch of the last axis. */
function mapRows(
  x: TensorValue | undefined,
  row: (values: Float64Array) => Float64Array,
): Float64Array {
  const width = x?.shape.at(-1) ?? 1;
  const data = Float64Array.from(x?.data ?? []);
  for (let start = 0; start < data.length; start += width) {
    data.set(row(data.slice(start, start + width)), start);
  }
  return data;
}

const largest = (values: Float64Array): number =>
  values.reduce((most, value) => Math.max(most, value), -Infinity);

export const softmaxOperation: Operation<NoAttributes> = {
  name: "softmax",
  infer([x]) {
    lastAxis("softmax", x);
    return [{ dtype: "float32", shape: x?.shape ?? [] }];
  },
  emit: (context, names) => context.node("Softmax", names.inputs, names.outputs, { axis: -1 }),
  gradient(node, upstream) {
    const probabilities = outputOf(node);
    const product = multiply(upstream, probabilities);
    const total = reduceSum(product, [probabilities.shape.length - 1], true);
    return [subtract(product, multiply(probabilities, total))];
  },
  evaluate([x]) {
    return [
      mapRows(x, (values) => {
        const top = largest(values);
        const powers = values.map((value) => Math.exp(value - top));
        const total = powers.reduce((sum, value) => sum + value, 0);
        return powers.map((value) => value / total);
      }),
    ];
  },
};

/** Softmax over the last axis. */
export const softmax = (x: Tensor): Tensor => apply(softmaxOperation, [x], {});

export const logSoftmaxOperation: Operation<NoAttributes> = {
  name: "logSoftmax",
  infer([x]) {
    lastAxis("logSoftmax", x);
    return [{ dtype: "float32", shape: x?.shape ?? [] }];
  },
  emit: (context, names) => context.node("LogSoftmax", names.inputs, names.outputs, { axis: -1 }),
  gradient(node, upstream) {
    const total = reduceSum(upstream, [upstream.shape.length - 1], true);
    return [subtract(upstream, multiply(exp(outputOf(node)), total))];
  },
  evaluate([x]) {
    return [
      mapRows(x, (values) => {
        const top = largest(values);
        const total = values.reduce((sum, value) => sum + Math.exp(value - top), 0);
        return values.map((value) => value - top - Math.log(total));
      }),
    ];
  },
};

/** `log softmax(x)` over the last axis, without overflow. */
export const logSoftmax = (x: Tensor): Tensor => apply(logSoftmaxOperation, [x], {});

export interface LayerNormAttributes {
  readonly epsilon: number;
}

export const layerNormOperation: Operation<LayerNormAttributes> = {
  name: "layerNorm",
  infer([x, gain, bias]) {
    if (x === undefined || gain === undefined || bias === undefined)
      throw new TypeError("layerNorm: three inputs");
    expectFloat("layerNorm", x, gain, bias);
    const [rows, width] = x.shape;
    const fits =
      x.shape.length === 2 &&
      typeof width === "number" &&
      gain.shape[0] === width &&
      bias.shape[0] === width;
    if (!fits || rows === undefined || gain.shape.length !== 1 || bias.shape.length !== 1) {
      throw shapeError(
        "layerNorm",
        "x [n, width], gain [width], bias [width]",
        [x, gain, bias].map(({ shape }) => formatShape(shape)).join(", "),
      );
    }
    const statistic: TensorType = { dtype: "float32", shape: [rows, 1] };
    return [{ dtype: "float32", shape: x.shape }, statistic, statistic];
  },
  emit: (context, names, { epsilon }) =>
    context.node("LayerNormalization", names.inputs, names.outputs, {
      axis: -1,
      epsilon: { float: epsilon },
    }),
  /**
   * With `z = (x - mean) / deviation` and `d = upstream * gain`:
   * `dx = (d - mean(d) - z mean(d z)) / deviation`. The two means are products with `gain / width`,
   * so that no pass over memory is spent on them alone.
   */
  gradient(node, upstream, _attributes, wanted) {
    const x = inputOf(node, 0);
    const gain = inputOf(node, 1);
    const inverseDeviation = outputOf(node, 2);
    const width = Number(x.shape[1]);
    const normalised = multiply(subtract(x, outputOf(node, 1)), inverseDeviation);
    const product = multiply(upstream, normalised);
    const dx = (): Tensor => {
      const share = scale(reshape(gain, [width, 1]), 1 / width);
      const centred = subtract(multiply(upstream, gain), matmul(upstream, share));
      return multiply(
        subtract(centred, multiply(normalised, matmul(product, share))),
        inverseDeviation,
      );
    };
    return [
      wanted[0] ? dx() : undefined,
      wanted[1] ? reduceSum(product, [0]) : undefined,
      wanted[2] ? reduceSum(upstream, [0]) : undefined,
    ];
  },
  evaluate([x, gain, bias], { epsilon }) {
    if (x === undefined || gain === undefined || bias === undefined) return [];
    const [rows = 0, width = 1] = x.shape;
    const result = new Float64Array(rows * width);
    const means = new Float64Array(rows);
    const inverses = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      const values = Float64Array.from(x.data.subarray(row * width, (row + 1) * width));
      const mean = values.reduce((sum, value) => sum + value, 0) / width;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
      const inverse = 1 / Math.sqrt(variance + epsilon);
      means[row] = mean;
      inverses[row] = inverse;
      values.forEach((value, k) => {
        result[row * width + k] =
          (value - mean) * inverse * (gain.data[k] ?? 1) + (bias.data[k] ?? 0);
      });
    }
    return [result, means, inverses];
  },
};

/** `(x - mean) / sqrt(variance + epsilon) * gain + bias` over the last axis of x `[n, width]`. */
export function layerNorm(x: Tensor, gain: Tensor, bias: Tensor, epsilon: number): Tensor {
  const [result] = applyAll(layerNormOperation, [x, gain, bias], { epsilon });
  if (result === undefined) throw new TypeError("layerNorm: no output");
  return result;
}
