import { exp, negate, scale, stopGradient } from "@counterweight/graph";
import type { Loss } from "./loss.js";

/** Cross-entropy: `-log p(y|x)`. Its model trained on generated data is the diversity checker. */
export const crossEntropy: Loss = {
  name: "ce",
  title: "CE",
  needs: [],
  weighted: false,
  rowLoss: ({ logProbability }) => ({
    loss: negate(logProbability),
    weight: stopGradient(exp(scale(logProbability, 0))),
  }),
};
