export type { Loss, LossInputs, LossSettings, RowLoss, ScoreName } from "./loss.js";
export { lossByName, losses } from "./registry.js";
export { logScores } from "./scores.js";
export { checkTransforms, type WeightTransform } from "./transforms.js";
