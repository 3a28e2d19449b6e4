import { stopGradient, subtract } from "@counterweight/graph";
import type { Loss } from "./loss.js";
import { score, weighted } from "./weighted.js";

/**
 * DIMP-Loss: `-(P'(y|x) / p(y|x; theta))^gamma log p(y|x; theta)` (Kuo et al., ICLR 2025,
 * section 4). p in the ratio is the model's own, from the same forward pass as the loss, detached.
 */
export const dimp: Loss = {
  name: "dimp",
  title: "DIMP",
  needs: ["quality"],
  weighted: true,
  rowLoss: (inputs, settings) =>
    weighted(
      inputs.logProbability,
      subtract(score(inputs, "quality"), stopGradient(inputs.logProbability)),
      settings,
    ),
};
