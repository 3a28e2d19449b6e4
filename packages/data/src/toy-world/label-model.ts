import { at } from "@counterweight/base";
import type { NoiseKind, WorldSettings } from "./world-settings.js";

/** P(y|x) = softmax over classes of the sum of the chosen words' effects, `[classes]`. */
export function labelDistribution(
  settings: WorldSettings,
  choices: readonly number[],
): Float64Array {
  const logits = new Float64Array(settings.labelNames.length);
  settings.features.forEach((feature, index) => {
    feature.effect?.[at(choices, index)]?.forEach((effect, label) => {
      logits[label] = at(logits, label) + effect;
    });
  });
  const largest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - largest));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.map((value) => value / total);
}

/**
 * The generator's labels: with probability `rate` the true label y' is replaced, by y' + 1 (mod
 * classes) for `pair` noise, by any other class with equal probability for `symmetric` noise.
 */
export function noisyLabels(truth: Float64Array, rate: number, kind: NoiseKind): Float64Array {
  const classes = truth.length;
  return truth.map((probability, label) => {
    const wrong =
      kind === "pair"
        ? at(truth, (label + classes - 1) % classes)
        : (1 - probability) / (classes - 1);
    return (1 - rate) * probability + rate * wrong;
  });
}
