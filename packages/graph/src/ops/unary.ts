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
import { constant } from "./constant.js";
import { add, divide, multiply, oneMinus, scale } from "./elementwise.js";
import { erfc } from "./erf.js";

const none: NoAttributes = {};

interface UnaryRule {
  readonly name: string;
  readonly onnx: string;
  readonly domain?: string;
  readonly compute: (x: number) => number;
  /** Gradient of the input; undefined stops it. */
  readonly gradient?: (node: Node, upstream: Tensor) => Tensor;
}

function unary(rule: UnaryRule): Operation<NoAttributes> {
  const { gradient } = rule;
  return {
    name: rule.name,
    infer([x]) {
      if (x === undefined) throw new TypeError(`${rule.name}: one input`);
      expectFloat(rule.name, x);
      return [{ dtype: "float32", shape: x.shape }];
    },
    emit: (context, names) => context.node(rule.onnx, names.inputs, names.outputs, {}, rule.domain),
    ...(gradient === undefined
      ? {}
      : { gradient: (node: Node, upstream: Tensor) => [gradient(node, upstream)] }),
    evaluate: ([x]) => [Float64Array.from(x?.data ?? [], rule.compute)],
  };
}

const normalCdf = (x: number): number => 0.5 * erfc(-x * Math.SQRT1_2);

export const expOperation = unary({
  name: "exp",
  onnx: "Exp",
  compute: Math.exp,
  gradient: (node, upstream) => multiply(upstream, outputOf(node)),
});

export const logOperation = unary({
  name: "log",
  onnx: "Log",
  compute: Math.log,
  gradient: (node, upstream) => divide(upstream, inputOf(node, 0)),
});

export const sqrtOperation = unary({
  name: "sqrt",
  onnx: "Sqrt",
  compute: Math.sqrt,
  gradient: (node, upstream) => divide(scale(upstream, 0.5), outputOf(node)),
});

export const tanhOperation = unary({
  name: "tanh",
  onnx: "Tanh",
  compute: Math.tanh,
  gradient: (node, upstream) =>
    multiply(upstream, oneMinus(multiply(outputOf(node), outputOf(node)))),
});

/** 1 above zero, else 0; no gradient flows through it. */
export const stepOperation: Operation<NoAttributes> = {
  ...unary({ name: "step", onnx: "Sign", compute: (x) => (x > 0 ? 1 : 0) }),
  emit: (context, names) =>
    context.node("Relu", [context.node1("Sign", names.inputs)], names.outputs),
};

export const reluOperation = unary({
  name: "relu",
  onnx: "Relu",
  compute: (x) => Math.max(x, 0),
  // As PyTorch: no gradient at zero itself.
  gradient: (node, upstream) => multiply(upstream, step(inputOf(node, 0))),
});

export const erfOperation = unary({
  name: "erf",
  onnx: "Erf",
  compute: (x) => (x < 0 ? erfc(-x) - 1 : 1 - erfc(x)),
  gradient: (node, upstream) => {
    const x = inputOf(node, 0);
    return multiply(upstream, scale(exp(scale(multiply(x, x), -1)), 2 / Math.sqrt(Math.PI)));
  },
});

/**
 * The exact (erf) GELU of BERT. Its gradient is `cdf(x) + x pdf(x)`; with `u = x / sqrt(2)` that is
 * `(1 + erf u) / 2 + u exp(-u^2) / sqrt(pi)`, which takes the fewest passes over memory.
 */
export const geluOperation = unary({
  name: "gelu",
  onnx: "Gelu",
  domain: "com.microsoft",
  compute: (x) => x * normalCdf(x),
  gradient: (node, upstream) => {
    const u = scale(inputOf(node, 0), Math.SQRT1_2);
    const cdf = add(scale(erf(u), 0.5), constant([0.5], []));
    const density = multiply(u, exp(scale(multiply(u, u), -1)));
    return multiply(upstream, add(cdf, scale(density, 1 / Math.sqrt(Math.PI))));
  },
});

/** Same value, no gradient: for weights that must not be learned through. */
export const stopGradientOperation = unary({
  name: "stopGradient",
  onnx: "Identity",
  compute: (x) => x,
});

export const exp = (x: Tensor): Tensor => apply(expOperation, [x], none);
/** Natural logarithm. */
export const log = (x: Tensor): Tensor => apply(logOperation, [x], none);
export const sqrt = (x: Tensor): Tensor => apply(sqrtOperation, [x], none);
export const tanh = (x: Tensor): Tensor => apply(tanhOperation, [x], none);
export const erf = (x: Tensor): Tensor => apply(erfOperation, [x], none);
/** `max(x, 0)`. */
export const relu = (x: Tensor): Tensor => apply(reluOperation, [x], none);
/** 1 where `x > 0`, else 0, through which no gradient flows. */
export const step = (x: Tensor): Tensor => apply(stepOperation, [x], none);
/** `x Phi(x)`, Phi the standard normal distribution function (Hendrycks and Gimpel, 2016). */
export const gelu = (x: Tensor): Tensor => apply(geluOperation, [x], none);
/** The same value, through which no gradient flows. */
export const stopGradient = (x: Tensor): Tensor => apply(stopGradientOperation, [x], none);

export interface PowerAttributes {
  readonly exponent: number;
}

export const powerOperation: Operation<PowerAttributes> = {
  name: "power",
  infer([x]) {
    if (x === undefined) throw new TypeError("power: one input");
    expectFloat("power", x);
    return [{ dtype: "float32", shape: x.shape }];
  },
  emit: (context, names, { exponent }) =>
    context.node("Pow", [...names.inputs, context.floatConstant([exponent], [])], names.outputs),
  gradient(node, upstream, { exponent }) {
    const x = inputOf(node, 0);
    return [multiply(upstream, scale(power(x, exponent - 1), exponent))];
  },
  evaluate: ([x], { exponent }) => [Float64Array.from(x?.data ?? [], (value) => value ** exponent)],
};

/** `x ^ exponent` for a fixed exponent; 0 gives ones and 1 gives `x` itself. */
export function power(x: Tensor, exponent: number): Tensor {
  if (exponent === 1) return x;
  return apply(powerOperation, [x], { exponent });
}
