export { accuracy } from "./accuracy.js";
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
