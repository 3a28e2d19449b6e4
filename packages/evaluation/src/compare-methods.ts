import { at, CounterweightError, nearest } from "@counterweight/base";
import { confusionMatrix, macroF1, matrixAccuracy } from "@counterweight/metrics";
import { type BootstrapOptions, checkLevel } from "./bootstrap.js";
import type {
  Comparison,
  ComparisonFamily,
  ComparisonMetric,
  MethodComparisons,
  Verdict,
} from "./comparison.js";
import { adjustPValues, type Correction } from "./corrections.js";
import { mcnemar } from "./mcnemar.js";
import { pairedDifference } from "./paired-difference.js";
import { bootstrapReplicates, type ConfusionScore } from "./replicates.js";
import type { Condition, TrialResult } from "./results.js";
import { groupSeeds } from "./seed-groups.js";
import { mean } from "./statistics.js";

/** Options of {@link compareMethods}. */
export interface CompareOptions extends BootstrapOptions {
  /** A method that all others are compared with; default `"all pairs"`. */
  readonly baseline?: string;
  /** Default `"accuracy"`. */
  readonly metric?: ComparisonMetric;
  /** Default `"holm"`. */
  readonly correction?: Correction;
  /** What is corrected together; default `"all"` comparisons of the call. */
  readonly family?: ComparisonFamily;
}

const SCORES: { readonly [M in ComparisonMetric]: ConfusionScore } = {
  accuracy: matrixAccuracy,
  macroF1: (matrix) => macroF1(matrix),
};

/**
 * Compares methods on the same test rows by the paired bootstrap: a replicate draws test rows once,
 * scores all training seeds of both methods on them, and takes the difference of their means. The
 * draws are those of {@link aggregate}'s intervals with the same seed. Adds McNemar's exact test for
 * each training seed, and corrects the bootstrap's p-values for the number of comparisons.
 *
 * Methods are compared under one condition; a part that a method does not depend on (and leaves
 * out) fits any. A is the method that came later in `trials`, or the one held against the baseline.
 * What is judged is the choice of test rows, not of new training seeds.
 *
 * The smallest p-value that R resamples can give is `2 / (R + 1)`; times the size of the family it
 * must stay below `1 - level`, else nothing could be told apart.
 *
 * @throws CounterweightError `spec` for a baseline that no trial has, `data` as {@link aggregate}
 */
export function compareMethods(
  trials: readonly TrialResult[],
  {
    baseline = "all pairs",
    metric = "accuracy",
    resamples = 10_000,
    level = 0.95,
    seed = 0,
    correction = "holm",
    family = "all",
  }: CompareOptions = {},
): MethodComparisons {
  checkLevel(level);
  checkBaseline(baseline, trials);
  const groups = groupSeeds(trials);
  const benchmarks = [...new Set(groups.map((group) => at(group, 0).benchmark))];
  const families = benchmarks.map((benchmark) =>
    comparePairs(
      pairsOf(
        groups.filter((group) => at(group, 0).benchmark === benchmark),
        baseline,
      ),
      metric,
      { resamples, level, seed },
    ),
  );
  const together = family === "all" ? [families.flat()] : families;
  return {
    metric,
    resampled: "test rows, jointly across seeds",
    resamples,
    seed,
    level,
    correction,
    baseline,
    family,
    familySize: Math.max(0, ...together.map((rows) => rows.length)),
    rows: together.flatMap((rows) => {
      const adjusted = adjustPValues(
        rows.map(({ p }) => p),
        correction,
      );
      return rows.map(({ mcnemar: tests, ...row }, place): Comparison => {
        const pAdjusted = at(adjusted, place);
        const verdict = verdictOf(row.difference, pAdjusted, level);
        return { ...row, pAdjusted, mcnemar: tests, verdict };
      });
    }),
  };
}

type SeedRuns = readonly TrialResult[];
type Pair = Condition & { readonly first: SeedRuns; readonly second: SeedRuns };
type Uncorrected = Omit<Comparison, "pAdjusted" | "verdict">;

function comparePairs(
  pairs: readonly Pair[],
  metric: ComparisonMetric,
  { resamples, level, seed }: Required<BootstrapOptions>,
): Uncorrected[] {
  const methods = [...new Set(pairs.flatMap(({ first, second }) => [first, second]))];
  const any = methods[0]?.[0];
  if (any === undefined) return [];
  const classes = any.labelNames.length;
  const replicates = bootstrapReplicates(
    any.testLabels,
    methods.map((runs) => runs.map(({ predictions }) => predictions)),
    classes,
    [SCORES[metric]],
    { resamples, seed },
  );
  const columnOf = (runs: SeedRuns): Float64Array => at(at(replicates, methods.indexOf(runs)), 0);
  const meanOf = (runs: SeedRuns): number =>
    mean(
      runs.map(({ testLabels, predictions }) =>
        SCORES[metric](confusionMatrix(testLabels, predictions, classes)),
      ),
    );
  return pairs.map(({ first, second, ...condition }) => {
    const { low, high, p } = pairedDifference(columnOf(first), columnOf(second), level);
    return {
      ...condition,
      metric,
      methodA: at(first, 0).method,
      methodB: at(second, 0).method,
      seedsA: first.map((run) => run.seed),
      seedsB: second.map((run) => run.seed),
      testRows: any.testLabels.length,
      difference: 100 * (meanOf(first) - meanOf(second)),
      low: 100 * low,
      high: 100 * high,
      p,
      mcnemar: first.flatMap((run) => {
        const other = second.find((candidate) => candidate.seed === run.seed);
        if (other === undefined) return [];
        const test = mcnemar(run.testLabels, run.predictions, other.predictions);
        return [{ seed: run.seed, ...test }];
      }),
    };
  });
}

/** Pairs of unlike methods whose conditions fit together, in order of first appearance. */
function pairsOf(groups: readonly SeedRuns[], baseline: string): Pair[] {
  return groups.flatMap((early, place) =>
    groups.slice(place + 1).flatMap((late): Pair[] => {
      const earlyTrial = at(early, 0);
      const lateTrial = at(late, 0);
      if (earlyTrial.method === lateTrial.method) return [];
      const condition = commonCondition(earlyTrial, lateTrial);
      if (condition === undefined) return [];
      if (baseline === "all pairs" || earlyTrial.method === baseline) {
        return [{ ...condition, first: late, second: early }];
      }
      return lateTrial.method === baseline ? [{ ...condition, first: early, second: late }] : [];
    }),
  );
}

/** The parts of both; undefined where they contradict each other. */
function commonCondition(one: Condition, other: Condition): Condition | undefined {
  const fits = <Value>(left: Value | undefined, right: Value | undefined): boolean =>
    left === undefined || right === undefined || left === right;
  if (!fits(one.generated, other.generated)) return undefined;
  if (!fits(one.checkerFraction, other.checkerFraction)) return undefined;
  if (!fits(one.variant || undefined, other.variant || undefined)) return undefined;
  const generated = one.generated ?? other.generated;
  const checkerFraction = one.checkerFraction ?? other.checkerFraction;
  const variant = one.variant || other.variant || undefined;
  return {
    benchmark: one.benchmark,
    ...(generated === undefined ? {} : { generated }),
    ...(checkerFraction === undefined ? {} : { checkerFraction }),
    ...(variant === undefined ? {} : { variant }),
  };
}

function verdictOf(difference: number, pAdjusted: number, level: number): Verdict {
  if (!(pAdjusted < 1 - level) || difference === 0) return "not distinguishable";
  return difference > 0 ? "A better" : "B better";
}

function checkBaseline(baseline: string, trials: readonly TrialResult[]): void {
  const methods = [...new Set(trials.map(({ method }) => method))];
  if (baseline === "all pairs" || trials.length === 0 || methods.includes(baseline)) return;
  const close = nearest(baseline, methods);
  throw new CounterweightError("spec", `no trial of the baseline "${baseline}".`, {
    fix: `Name one of ${methods.join(", ")}${close === undefined ? "" : `; did you mean "${close}"?`}`,
  });
}
