export { type CheckerRequest, type CheckerRole, scoreRows, trainChecker } from "./checker.js";
export { meanLogProbabilities, outOfFold } from "./cross-fit.js";
export { scoresOfLabels } from "./score.js";
export { applyTemperature, fitTemperature, type TemperatureFit } from "./temperature.js";
