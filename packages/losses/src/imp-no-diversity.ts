import type { Loss } from "./loss.js";
import { score, weighted } from "./weighted.js";

/** IMP without diversity checker: `-P'(y|x)^gamma log p(y|x)` (the paper's ablation). */
export const impNoDiversity: Loss = {
  name: "imp-no-diversity",
  title: "IMP without diversity checker",
  needs: ["quality"],
  weighted: true,
  rowLoss: (inputs, settings) =>
    weighted(inputs.logProbability, score(inputs, "quality"), settings),
};
