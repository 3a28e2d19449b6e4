import { apply, expectFloat, inputOf, type Operation, type Tensor } from "../tensor.js";
import { constant } from "./constant.js";
import { multiply, subtract } from "./elementwise.js";
import { step } from "./unary.js";

export interface ClipAttributes {
  /** -Infinity where there is none. */
  readonly minimum: number;
  /** Infinity where there is none. */
  readonly maximum: number;
}

export const clipOperation: Operation<ClipAttributes> = {
  name: "clip",
  infer([x]) {
    if (x === undefined) throw new TypeError("clip: one input");
    expectFloat("clip", x);
    return [{ dtype: "float32", shape: x.shape }];
  },
  emit(context, { inputs, outputs }, { minimum, maximum }) {
    const bounded = (name: string, bound: number): readonly string[] => [
      name,
      context.floatConstant([bound], []),
    ];
    const [x = ""] = inputs;
    if (maximum === Number.POSITIVE_INFINITY) {
      context.node("Max", bounded(x, minimum), outputs);
    } else {
      const above =
        minimum === Number.NEGATIVE_INFINITY ? x : context.node1("Max", bounded(x, minimum));
      context.node("Min", bounded(above, maximum), outputs);
    }
  },
  gradient(node, upstream, { minimum, maximum }) {
    const x = inputOf(node, 0);
    let passed = upstream;
    if (minimum !== Number.NEGATIVE_INFINITY) {
      passed = multiply(passed, step(subtract(x, constant([minimum], []))));
    }
    if (maximum !== Number.POSITIVE_INFINITY) {
      passed = multiply(passed, step(subtract(constant([maximum], []), x)));
    }
    return [passed];
  },
  evaluate: ([x], { minimum, maximum }) => [
    Float64Array.from(x?.data ?? [], (value) => Math.min(Math.max(value, minimum), maximum)),
  ],
};

/**
 * `min(max(x, minimum), maximum)` for fixed bounds, minimum <= maximum; without finite bounds `x`
 * itself. The gradient passes strictly between the bounds.
 */
export function clip(x: Tensor, minimum: number, maximum: number): Tensor {
  if (!(minimum <= maximum)) throw new TypeError(`clip: bounds ${minimum} and ${maximum}`);
  if (minimum === Number.NEGATIVE_INFINITY && maximum === Number.POSITIVE_INFINITY) return x;
  return apply(clipOperation, [x], { minimum, maximum });
}
