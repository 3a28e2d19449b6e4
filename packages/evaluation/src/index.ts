export { aggregate } from "./aggregate.js";
export {
  type BootstrapOptions,
  bootstrapIntervals,
  type Interval,
} from "./bootstrap.js";
export {
  type CalibrationOptions,
  type CalibrationScores,
  type CalibrationSummary,
  type CalibrationTrial,
  calibrationSummary,
} from "./calibration-summary.js";
export { type CompareOptions, compareMethods } from "./compare-methods.js";
export type {
  Comparison,
  ComparisonFamily,
  ComparisonMetric,
  MethodComparisons,
  Verdict,
} from "./comparison.js";
export { adjustPValues, type Correction } from "./corrections.js";
export { type McNemar, mcnemar, mcnemarProbabilities } from "./mcnemar.js";
export { type PairedDifference, pairedDifference } from "./paired-difference.js";
export {
  bootstrapReplicates,
  type ConfusionScore,
  type Resampling,
  type SeedPredictions,
} from "./replicates.js";
export { type FractionFigure, fractionFigures } from "./report/fraction-figure.js";
export { renderReport } from "./report/render-report.js";
export type {
  ClassReport,
  EpochPoint,
  ModelNote,
  Provenance,
  ProvenanceItem,
  ReportData,
  ReportNote,
  SplitOverlap,
  TrainingCurve,
  WeightHealthCourse,
  WeightHealthPoint,
} from "./report/report-data.js";
export {
  type BoundedSummary,
  type Condition,
  conditionOf,
  describeCondition,
  type ResultRow,
  type SeedSummary,
  type TrialResult,
} from "./results.js";
export { resultsBySeed, type SeedResult } from "./results-by-seed.js";
export { groupSeeds } from "./seed-groups.js";
export { mean, quantile, sampleStandardDeviation } from "./statistics.js";
export { calibrationTable } from "./tables/calibration-table.js";
export {
  comparisonLines,
  comparisonsTable,
  describeComparisons,
} from "./tables/comparisons-table.js";
export { resultsToCsv, resultsToJson } from "./tables/results-files.js";
export {
  formatInterval,
  formatScore,
  type ResultsTableOptions,
  resultsTable,
} from "./tables/results-table.js";
export type { Table, TableColumn } from "./tables/table.js";
export { tableToCsv } from "./tables/table-to-csv.js";
export { tableToLatex } from "./tables/table-to-latex.js";
export { tableToMarkdown } from "./tables/table-to-markdown.js";
export { tableToText } from "./tables/table-to-text.js";
export { visibleText } from "./visible-text.js";
export {
  type Histogram,
  type ScoredRow,
  type WeightColumns,
  type WeightSummary,
  type WeightSummaryOptions,
  weightSummary,
} from "./weight-summary.js";
