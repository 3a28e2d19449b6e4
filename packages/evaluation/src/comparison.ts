import type { Correction } from "./corrections.js";
import type { McNemar } from "./mcnemar.js";
import type { Condition } from "./results.js";

/** Which score is compared. */
export type ComparisonMetric = "accuracy" | "macroF1";

/** In words what a comparison found, at its level, after correction. */
export type Verdict = "A better" | "B better" | "not distinguishable";

/** Two methods on the same test rows; the difference is A's score less B's. */
export interface Comparison extends Condition {
  readonly metric: ComparisonMetric;
  readonly methodA: string;
  readonly methodB: string;
  /** Training seeds of each, ascending. */
  readonly seedsA: readonly number[];
  readonly seedsB: readonly number[];
  readonly testRows: number;
  /** Mean over A's seeds less mean over B's, in percentage points. */
  readonly difference: number;
  /** Ends of the percentile interval of the difference, percentage points; not corrected. */
  readonly low: number;
  readonly high: number;
  /** Two-sided bootstrap p-value, see {@link PairedDifference}. */
  readonly p: number;
  /** `p` corrected for all comparisons of the family. */
  readonly pAdjusted: number;
  /** McNemar's exact test for each training seed that both have; not pooled, not corrected. */
  readonly mcnemar: readonly (McNemar & { readonly seed: number })[];
  readonly verdict: Verdict;
}

/** Comparisons of one metric, with everything needed to make them again. */
export interface MethodComparisons {
  readonly metric: ComparisonMetric;
  /** What a replicate draws: one set of test rows, the same for all methods and training seeds. */
  readonly resampled: "test rows, jointly across seeds";
  /** Number of bootstrap replicates. */
  readonly resamples: number;
  /** Seed of the resampling (not of training). */
  readonly seed: number;
  /** Coverage of each interval, such as 0.95; adjusted p-values are held against `1 - level`. */
  readonly level: number;
  readonly correction: Correction;
  /** Whom each method is compared with: a method's name, or `"all pairs"`. */
  readonly baseline: string;
  /** Which comparisons were corrected together. */
  readonly family: ComparisonFamily;
  /** Number of comparisons in the largest family. */
  readonly familySize: number;
  readonly rows: readonly Comparison[];
}

/** What is corrected together: all comparisons of the call, or those of each benchmark apart. */
export type ComparisonFamily = "all" | "benchmark";
