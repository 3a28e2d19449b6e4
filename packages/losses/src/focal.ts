import {
  add,
  constant,
  exp,
  multiply,
  negate,
  power,
  scale,
  stopGradient,
  subtract,
  type Tensor,
  tanh,
} from "@counterweight/graph";
import { crossEntropy } from "./cross-entropy.js";
import type { Loss } from "./loss.js";

/**
 * `1 - p` from `log p` as `-tanh(log(p) / 2) (1 + p)`. The plain difference rounds to 0 while log p
 * is still a few 1e-8 in float32; the slope of `(1 - p)^gamma` would then be infinite.
 */
const complement = (logProbability: Tensor): Tensor =>
  multiply(
    // 0 - t and not -t, which would be -0 at p = 1.
    subtract(constant([0], []), tanh(scale(logProbability, 0.5))),
    add(exp(logProbability), constant([1], [])),
  );

/** Focal loss (Lin et al., 2017): `-(1 - p)^gamma log p`. Here the factor does carry gradient. */
export const focal: Loss = {
  name: "focal",
  title: "Focal",
  needs: [],
  weighted: false,
  rowLoss(inputs, settings) {
    const { gamma } = settings;
    // (1 - p)^0 is 1, but the derivative of the power would be 0 times infinity at p = 1.
    if (gamma === 0) return crossEntropy.rowLoss(inputs, settings);
    const missing = complement(inputs.logProbability);
    // At p = 1 log p is 0, and for gamma < 1 the slope of the factor infinite; their product, the
    // gradient, goes to 0. A trace keeps the slope finite there and changes no other float.
    const base = gamma < 1 ? add(missing, constant([1e-30], [])) : missing;
    return {
      loss: multiply(power(base, gamma), negate(inputs.logProbability)),
      weight: stopGradient(power(missing, gamma)),
    };
  },
};
