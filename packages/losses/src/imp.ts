import { subtract } from "@counterweight/graph";
import type { Loss } from "./loss.js";
import { score, weighted } from "./weighted.js";

/**
 * IMP-Loss: `-(P'(y|x) / Q'(y|x))^gamma log p(y|x)` (Kuo et al., ICLR 2025, section 3), the ratio
 * taken as `exp(log P' - log Q')`.
 */
export const imp: Loss = {
  name: "imp",
  title: "IMP",
  needs: ["quality", "diversity"],
  weighted: true,
  rowLoss: (inputs, settings) =>
    weighted(
      inputs.logProbability,
      subtract(score(inputs, "quality"), score(inputs, "diversity")),
      settings,
    ),
};
