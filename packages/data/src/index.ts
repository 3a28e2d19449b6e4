export { type Benchmark, type Role, roles } from "./benchmark.js";
export type { BenchmarkSource, LoadedBenchmark, LossName } from "./benchmarks/benchmark-source.js";
export {
  loadFinancialPhraseBank,
  type PhraseBankOptions,
  type PhraseBankShares,
  type PhraseBankSource,
  phraseBankSources,
} from "./benchmarks/financial-phrasebank.js";
export {
  type Agreement,
  agreements,
  type MixtralColumn,
  type MixtralRows,
  mixtralColumns,
  type PhraseBankGenerated,
  phraseBankLabels,
  readMixtral,
  readPhraseBankGenerated,
  readPhraseBankReal,
} from "./benchmarks/financial-phrasebank-files.js";
export { loadHub } from "./benchmarks/hub.js";
export { type FilesOptions, loadFiles, type RealFiles } from "./benchmarks/load-files.js";
export {
  loadMrpc,
  type MrpcOptions,
  type MrpcSource,
  mrpcSources,
  readMrpcGenerated,
  readMrpcReal,
} from "./benchmarks/mrpc.js";
export {
  type OptionKind,
  type OptionReader,
  type OptionShape,
  type OptionShapes,
  readOptions,
} from "./benchmarks/options.js";
export {
  allowSharedTextOption,
  benchmarkSources,
  findBenchmarkSource,
  loadBenchmark,
} from "./benchmarks/registry.js";
export { loadToyWorld, type ToyWorldOptions } from "./benchmarks/toy-world.js";
export {
  loadTweetIrony,
  readTweetIronyGenerated,
  readTweetIronyReal,
  type TweetIronyOptions,
  type TweetIronySource,
  tweetIronySources,
} from "./benchmarks/tweet-irony.js";
export { type CorruptionPlan, type CorruptionStep, corrupt } from "./corruptions/corrupt.js";
export { type DuplicateOptions, duplicateRows } from "./corruptions/duplicate-rows.js";
export {
  type Corrupted,
  type CorruptionKind,
  type CorruptionOptions,
  corruptionKinds,
  type PlantedRow,
} from "./corruptions/planted.js";
export { swapLabels } from "./corruptions/swap-labels.js";
export { type UnrelatedOptions, unrelatedInputs } from "./corruptions/unrelated-inputs.js";
export { describeTable, type TableReport } from "./describe-table.js";
export {
  checkBenchmarkLabels,
  checkLabelSetsAgree,
  checkSharedText,
  findSharedText,
  type LabelSet,
  type SharedText,
  type SharingRole,
  sharingRoles,
} from "./guards.js";
export type { ColumnMapping } from "./reading/columns.js";
export type { CsvOptions } from "./reading/csv.js";
export {
  type DropKind,
  dropKinds,
  dropRows,
  findDuplicates,
  isBoilerplate,
} from "./reading/drops.js";
export type { LabelOptions } from "./reading/labels.js";
export {
  type FileFormat,
  fileFormats,
  type ReadTableOptions,
  readTable,
} from "./reading/read-table.js";
export type { ReadTable, TableOptions } from "./reading/table-from-records.js";
export type { TextFileOptions } from "./reading/text-chunks.js";
export { parseRowIndices, selectByFile } from "./row-indices.js";
export {
  checkSplits,
  type SplitCheck,
  type SplitPolicy,
  splitNotes,
} from "./split-guard/check-splits.js";
export type { RowPair } from "./split-guard/links.js";
export {
  type FindSharedOptions,
  findSharedTexts,
  type SharedTexts,
  type SharingLevel,
  type SplitReport,
} from "./split-guard/report.js";
export {
  firstRows,
  type SplitOptions,
  sampleRows,
  stratifiedFolds,
  stratifiedFraction,
  stratifiedSplit,
} from "./splits.js";
export {
  classCounts,
  concatenate,
  rowCount,
  type SkippedRow,
  select,
  type TextTable,
  textKey,
} from "./text-table.js";
export {
  type FixedPointMethod,
  fixedPoint,
  fixedPointMethods,
  fixedPoints,
} from "./toy-world/fixed-points.js";
export { quickstartWorld, type RandomWorldOptions, randomWorld } from "./toy-world/presets.js";
export { parseInput, renderInput, vocabulary } from "./toy-world/render.js";
export {
  argmaxAccuracy,
  bayesAccuracy,
  expectedAccuracy,
  inputShiftGap,
  mendedShare,
  trueRisk,
  weightedRisk,
} from "./toy-world/risk.js";
export {
  type Draw,
  type OracleScores,
  oracleScores,
  rowSampler,
  type SampleOptions,
  sampleBenchmark,
} from "./toy-world/sample.js";
export { createWorld, type JointDistribution, type World } from "./toy-world/world.js";
export type {
  Condition,
  FeatureSettings,
  NoiseKind,
  NoiseSettings,
  WorldSettings,
} from "./toy-world/world-settings.js";
