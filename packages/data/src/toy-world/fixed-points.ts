import { at } from "@counterweight/base";
import { focalFixedPoint } from "./focal.js";
import type { World } from "./world.js";

/** Methods whose limit on a tabular softmax is known. */
export type FixedPointMethod =
  | "ce"
  | "focal"
  | "imp"
  | "imp-no-diversity"
  | "dimp"
  | "quality-checker";

/** All methods with a known limit. */
export const fixedPointMethods: readonly FixedPointMethod[] = [
  "ce",
  "focal",
  "imp",
  "imp-no-diversity",
  "dimp",
  "quality-checker",
];

function normalised(values: Float64Array): Float64Array {
  const total = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => value / total);
}

/**
 * Where a loss leads one free distribution per input when labels come from Q and checkers are
 * perfect (P' = P, Q' = Q), `[classes]`:
 * - ce: Q
 * - focal: the minimum of `-sum_k Q_k (1 - p_k)^gamma log p_k`, see `focalFixedPoint`
 * - imp: Q (P / Q)^gamma, normalised; P for gamma 1
 * - imp-no-diversity: Q P^gamma, normalised
 * - dimp: (Q P^gamma)^(1 / (1 + gamma)), normalised, from p_k proportional to Q_k (P_k / p_k)^gamma;
 *   sqrt(Q P) for gamma 1
 * - quality-checker: P
 *
 * A weighted cross-entropy with weights w_k is stationary at p_k proportional to Q_k w_k.
 * @param real P(y|x) of one input, `[classes]`.
 * @param generated Q(y|x) of one input, `[classes]`.
 */
export function fixedPoint(
  method: FixedPointMethod,
  real: Float64Array,
  generated: Float64Array,
  gamma = 1,
): Float64Array {
  const combine = (formula: (p: number, q: number) => number): Float64Array =>
    normalised(real.map((p, label) => formula(p, at(generated, label))));
  switch (method) {
    case "ce":
      return generated.slice();
    case "focal":
      return focalFixedPoint(generated, gamma);
    case "imp":
      return combine((p, q) => (q === 0 ? 0 : q * (p / q) ** gamma));
    case "imp-no-diversity":
      return combine((p, q) => q * p ** gamma);
    case "dimp":
      return combine((p, q) => (q * p ** gamma) ** (1 / (1 + gamma)));
    case "quality-checker":
      return real.slice();
  }
}

/**
 * `fixedPoint` at every input, row-major `[inputs, classes]`. Inputs that a method never sees (Q(x)
 * = 0; for the quality checker P(x) = 0) stay uniform, as a tabular softmax that starts uniform does.
 */
export function fixedPoints(world: World, method: FixedPointMethod, gamma = 1): Float64Array {
  const classes = world.labelNames.length;
  const seen = method === "quality-checker" ? world.real.input : world.generated.input;
  const points = new Float64Array(world.inputs * classes).fill(1 / classes);
  const known = new Map<string, Float64Array>(); // many inputs share their distributions
  for (let input = 0; input < world.inputs; input++) {
    if (at(seen, input) === 0) continue;
    const [start, end] = [input * classes, (input + 1) * classes];
    const real = world.real.label.subarray(start, end);
    const generated = world.generated.label.subarray(start, end);
    const key = `${real.join()};${generated.join()}`;
    const point = known.get(key) ?? fixedPoint(method, real, generated, gamma);
    known.set(key, point);
    points.set(point, start);
  }
  return points;
}
