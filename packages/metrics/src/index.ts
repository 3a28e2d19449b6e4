export { accuracy } from "./accuracy.js";
export { brierScore } from "./brier-score.js";
export {
  type AverageOver,
  type ClassScores,
  classScores,
  macroF1,
  matrixAccuracy,
} from "./class-scores.js";
export {
  type AverageScores,
  type ClassificationReport,
  type ClassificationReportOptions,
  classificationReport,
  type NamedClassScores,
} from "./classification-report.js";
export { type ConfusionMatrix, confusionMatrix } from "./confusion-matrix.js";
export { type FormatReportOptions, formatClassificationReport } from "./format-report.js";
export { logLoss } from "./log-loss.js";
export {
  type BinStrategy,
  binConfidences,
  expectedCalibrationError,
  maximumCalibrationError,
  type ReliabilityBin,
  type ReliabilityOptions,
  reliabilityBins,
  type TopLabels,
  topLabels,
} from "./reliability.js";
export { rocAuc } from "./roc-auc.js";
export { type WeightHealth, weightHealth } from "./weight-health.js";
