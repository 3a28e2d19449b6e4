import { at } from "@counterweight/base";
import { type FixedPointMethod, fixedPoints } from "./fixed-points.js";
import type { World } from "./world.js";

/**
 * Accuracy on real rows of the classifier that answers with the argmax of `points`:
 * `sum_x P(x) P(argmax_y points(y|x) | x)`, in [0, 1]; ties count with their mean.
 * @param points scores, row-major `[inputs, classes]`.
 */
export function argmaxAccuracy(world: World, points: Float64Array): number {
  const classes = world.labelNames.length;
  let accuracy = 0;
  for (let input = 0; input < world.inputs; input++) {
    const scores = points.subarray(input * classes, (input + 1) * classes);
    const best = Math.max(...scores);
    let right = 0;
    let ties = 0;
    scores.forEach((score, label) => {
      if (score < best - 1e-12) return; // equal but for rounding
      right += at(world.real.label, input * classes + label);
      ties++;
    });
    accuracy += (at(world.real.input, input) * right) / ties;
  }
  return accuracy;
}

/** Accuracy on real rows that a method's fixed point reaches: `argmaxAccuracy` of `fixedPoints`. */
export function expectedAccuracy(world: World, method: FixedPointMethod, gamma = 1): number {
  return argmaxAccuracy(world, fixedPoints(world, method, gamma));
}

/** The best accuracy that any classifier can have on real rows: `sum_x P(x) max_y P(y|x)`. */
export function bayesAccuracy(world: World): number {
  return argmaxAccuracy(world, world.real.label);
}

/**
 * Mass under P of the inputs where argmax Q(y|x) differs from argmax P(y|x) but argmax Q P does not:
 * where CE goes wrong and IMP and DIMP do not.
 */
export function mendedShare(world: World): number {
  const classes = world.labelNames.length;
  const best = (values: Float64Array): number => values.indexOf(Math.max(...values));
  let share = 0;
  for (let input = 0; input < world.inputs; input++) {
    const p = world.real.label.subarray(input * classes, (input + 1) * classes);
    const q = world.generated.label.subarray(input * classes, (input + 1) * classes);
    const truth = best(p);
    const product = p.map((value, label) => value * at(q, label));
    if (best(q) !== truth && best(product) === truth) share += at(world.real.input, input);
  }
  return share;
}

/** `sum_x input(x) sum_y P(y|x) loss(x, y)`. */
function risk(world: World, input: Float64Array, rowLoss: Float64Array): number {
  const classes = world.labelNames.length;
  let total = 0;
  world.real.label.forEach((probability, index) => {
    total += at(input, Math.floor(index / classes)) * probability * at(rowLoss, index);
  });
  return total;
}

/** The true risk E_{x~P, y~P(y|x)}[loss]. `rowLoss`: loss of each input and label, `[inputs, classes]`. */
export function trueRisk(world: World, rowLoss: Float64Array): number {
  return risk(world, world.real.input, rowLoss);
}

/**
 * What the IMP-weighted sample mean over generated rows tends to with oracle weights:
 * E_{x~Q, y~P(y|x)}[loss] = E_Q[(P(y|x) / Q(y|x)) loss]. `rowLoss`: `[inputs, classes]`.
 */
export function weightedRisk(world: World, rowLoss: Float64Array): number {
  return risk(world, world.generated.input, rowLoss);
}

/**
 * What no number of generated rows closes: `weightedRisk - trueRisk` =
 * `sum_x (Q(x) - P(x)) sum_y P(y|x) loss(x, y)`.
 */
export function inputShiftGap(world: World, rowLoss: Float64Array): number {
  const shift = world.generated.input.map((q, input) => q - at(world.real.input, input));
  return risk(world, shift, rowLoss);
}
