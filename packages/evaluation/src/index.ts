export { aggregate } from "./aggregate.js";
export {
  type BootstrapOptions,
  bootstrapIntervals,
  type ConfusionScore,
  type Interval,
} from "./bootstrap.js";
export { renderReport } from "./report/render-report.js";
export type {
  ClassReport,
  EpochPoint,
  Provenance,
  ProvenanceItem,
  ReportData,
  ReportNote,
  TrainingCurve,
} from "./report/report-data.js";
export {
  type BoundedSummary,
  type Condition,
  describeCondition,
  type ResultRow,
  type SeedSummary,
  type TrialResult,
} from "./results.js";
export { mean, quantile, sampleStandardDeviation } from "./statistics.js";
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
export {
  type Histogram,
  type ScoredRow,
  type WeightColumns,
  type WeightSummary,
  type WeightSummaryOptions,
  weightSummary,
} from "./weight-summary.js";
