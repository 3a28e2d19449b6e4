export { type CheckerRequest, type CheckerRole, scoreRows, trainChecker } from "./checker.js";
export { scoresOfLabels } from "./score.js";
