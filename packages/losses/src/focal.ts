import { exp, multiply, negate, oneMinus, power, stopGradient } from "@counterweight/graph";
import { crossEntropy } from "./cross-entropy.js";
import type { Loss } from "./loss.js";

/** Focal loss (Lin et al., 2017): `-(1 - p)^gamma log p`. Here the factor does carry gradient. */
export const focal: Loss = {
  name: "focal",
  title: "Focal",
  needs: [],
  rowLoss(inputs, settings) {
    // (1 - p)^0 is 1, but the derivative of the power would be 0 times infinity at p = 1.
    if (settings.gamma === 0) return crossEntropy.rowLoss(inputs, settings);
    const factor = power(oneMinus(exp(inputs.logProbability)), settings.gamma);
    return {
      loss: multiply(factor, negate(inputs.logProbability)),
      weight: stopGradient(factor),
    };
  },
};
