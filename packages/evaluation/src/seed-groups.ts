import { at, CounterweightError, canonicalJson } from "@counterweight/base";
import { type Condition, conditionOf, describeCondition } from "./results.js";

/** What tells which test rows a trial was scored on. */
export interface SeedTrial extends Condition {
  readonly method: string;
  /** Training seed. */
  readonly seed: number;
  /** The label set in class order. */
  readonly labelNames: readonly string[];
  /** Gold class indices `[test rows]`. */
  readonly testLabels: Int32Array;
}

/**
 * Trials of one method under one condition, seeds ascending; groups in order of first appearance.
 *
 * @throws CounterweightError `data` where trials of one benchmark were scored on different test
 *   labels or label sets (their scores cannot be compared), or where a seed comes twice
 */
export function groupSeeds<Trial extends SeedTrial>(trials: readonly Trial[]): Trial[][] {
  checkSameTest(trials);
  const groups = new Map<string, Trial[]>();
  for (const trial of trials) {
    const key = canonicalJson([trial.method, conditionOf(trial)]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [trial]);
    else group.push(trial);
  }
  return [...groups.values()].map((group) => {
    const runs = group.sort((left, right) => left.seed - right.seed);
    runs.forEach((run, index) => {
      if (index > 0 && at(runs, index - 1).seed === run.seed) {
        throw new CounterweightError("data", `seed ${run.seed} of "${run.method}" comes twice.`, {
          where: describeCondition(run),
          fix: "Combine each trial once.",
        });
      }
    });
    return runs;
  });
}

/** Scores of one benchmark may stand side by side only if they come from the same test rows. */
function checkSameTest(trials: readonly SeedTrial[]): void {
  const firstOf = new Map<string, SeedTrial>();
  for (const trial of trials) {
    const first = firstOf.get(trial.benchmark) ?? trial;
    firstOf.set(trial.benchmark, first);
    const name = (of: SeedTrial): string => `"${of.method}" seed ${of.seed}`;
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
