import { at, CounterweightError, canonicalJson } from "@counterweight/base";
import { confusionMatrix, macroF1, matrixAccuracy } from "@counterweight/metrics";
import { type BootstrapOptions, bootstrapIntervals } from "./bootstrap.js";
import {
  conditionOf,
  describeCondition,
  type ResultRow,
  type SeedSummary,
  type TrialResult,
} from "./results.js";
import { mean, sampleStandardDeviation } from "./statistics.js";

/**
 * Folds training seeds: one row for each method under each condition, in order of first appearance,
 * with mean, sample standard deviation and a bootstrap interval of accuracy and macro-F1.
 *
 * @throws CounterweightError `data` where trials of one benchmark were scored on different test
 *   labels or label sets (their scores cannot be compared), or where a seed comes twice
 */
export function aggregate(
  trials: readonly TrialResult[],
  options: BootstrapOptions = {},
): ResultRow[] {
  checkSameTest(trials);
  const groups = new Map<string, TrialResult[]>();
  for (const trial of trials) {
    const key = canonicalJson([trial.method, conditionOf(trial)]);
    groups.set(key, [...(groups.get(key) ?? []), trial]);
  }
  return [...groups.values()].map((group) => foldSeeds(group, options));
}

function foldSeeds(group: readonly TrialResult[], options: BootstrapOptions): ResultRow {
  const runs = [...group].sort((left, right) => left.seed - right.seed);
  const first = at(runs, 0);
  runs.forEach((run, index) => {
    if (index > 0 && runs[index - 1]?.seed === run.seed) {
      throw new CounterweightError("data", `seed ${run.seed} of "${run.method}" comes twice.`, {
        where: describeCondition(run),
        fix: "Combine each trial once.",
      });
    }
  });
  const classes = first.labelNames.length;
  const matrices = runs.map((run) => confusionMatrix(run.testLabels, run.predictions, classes));
  const interval = bootstrapIntervals(
    first.testLabels,
    runs.map((run) => run.predictions),
    classes,
    { accuracy: matrixAccuracy, macroF1: (matrix) => macroF1(matrix) },
    options,
  );
  const losses = runs.flatMap((run) => (run.logLoss === undefined ? [] : [run.logLoss]));
  return {
    ...conditionOf(first),
    method: first.method,
    seeds: runs.map((run) => run.seed),
    testRows: first.testLabels.length,
    accuracy: { ...summarise(matrices.map(matrixAccuracy)), interval: interval.accuracy },
    macroF1: {
      ...summarise(matrices.map((matrix) => macroF1(matrix))),
      interval: interval.macroF1,
    },
    ...(losses.length === runs.length ? { logLoss: summarise(losses) } : {}),
  };
}

/** Mean, standard deviation and the values themselves. */
export function summarise(values: readonly number[]): SeedSummary {
  const standardDeviation = sampleStandardDeviation(values);
  return {
    mean: mean(values),
    ...(standardDeviation === undefined ? {} : { standardDeviation }),
    values,
  };
}

/** Scores of one benchmark may stand side by side only if they come from the same test rows. */
function checkSameTest(trials: readonly TrialResult[]): void {
  const firstOf = new Map<string, TrialResult>();
  for (const trial of trials) {
    const first = firstOf.get(trial.benchmark) ?? trial;
    firstOf.set(trial.benchmark, first);
    const name = (of: TrialResult): string => `"${of.method}" seed ${of.seed}`;
    const fail = (what: string): never => {
      throw new CounterweightError(
        "data",
        `${name(first)} and ${name(trial)} were scored on different ${what}.`,
        {
          where: `benchmark ${trial.benchmark}`,
          fix: "Score all trials of a benchmark on the same test file, in the same order.",
        },
      );
    };
    if (canonicalJson([...first.labelNames]) !== canonicalJson([...trial.labelNames])) {
      fail(`label sets (${first.labelNames.join(", ")} and ${trial.labelNames.join(", ")})`);
    }
    if (first.testLabels.length !== trial.testLabels.length) {
      fail(`numbers of test rows (${first.testLabels.length} and ${trial.testLabels.length})`);
    }
    const differing = first.testLabels.findIndex((label, row) => label !== trial.testLabels[row]);
    if (differing !== -1) fail(`test labels, first at position ${differing}`);
  }
}
