export { aggregate } from "./aggregate.js";
export {
  type BootstrapOptions,
  bootstrapIntervals,
  type ConfusionScore,
  type Interval,
} from "./bootstrap.js";
export {
  type BoundedSummary,
  type Condition,
  describeCondition,
  type ResultRow,
  type SeedSummary,
  type TrialResult,
} from "./results.js";
export { mean, quantile, sampleStandardDeviation } from "./statistics.js";
