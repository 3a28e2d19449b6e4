import type { PlannedRows } from "./plan-data.js";
import type { StepBuilder } from "./step-builder.js";

/** Costs and settings that 100,000 steps have in common, as one object each. */
const once = {
  calibrate: { shape: "calibrate", units: 1 },
  score: { shape: "score", units: 1 },
  evaluate: { shape: "evaluate", units: 1 },
} as const;
const none = {} as const;

/** A training or a vote, as those who use it see it. */
export interface Classifier {
  readonly key: string;
  readonly members: readonly string[];
  readonly validation: PlannedRows;
}

/** A column of scores that is asked for. */
export interface WantedScore {
  readonly checker: Classifier;
  /** How messages name it. */
  readonly checkerName: string;
  readonly label: string;
  /** Id of the data. */
  readonly source: string;
  /** Key of the rows it scores. */
  readonly rows: string;
  readonly calibrated: boolean;
}

/**
 * Gives a function that plans the column of scores that a checker gives, calibrated where that is
 * asked, and tells its key. However many classifiers learn with a checker, it scores the same rows.
 */
export function scoreAdder(builder: StepBuilder): (wanted: WantedScore) => string {
  const known = new Map<Classifier, string>();
  return (wanted) => {
    const found = known.get(wanted.checker) ?? addScore(builder, wanted);
    known.set(wanted.checker, found);
    return found;
  };
}

function addScore(
  builder: StepBuilder,
  { checker, checkerName, label, source, rows, calibrated }: WantedScore,
): string {
  const { key, members: voters, validation } = checker;
  const calibrate = calibrated
    ? builder.add({
        kind: "calibrate",
        settings: { by: "temperature" },
        inputs: { checker: key, validation: validation.key },
        label,
        recipe: { kind: "calibrate", source, checker: key, validation: validation.ref },
        cost: once.calibrate,
      })
    : undefined;
  // Each is scaled before they vote; without a temperature the vote itself says all.
  const members = calibrated && voters.length > 1 ? voters : [];
  return builder.add({
    kind: "score",
    settings: none,
    inputs: { checker: key, rows, calibrate, ...numbered("member", members) },
    label,
    recipe: { kind: "score", source, checker: key, members, calibrate, checkerName },
    cost: once.score,
  });
}

/** An evaluation that is asked for. */
export interface WantedEvaluation {
  readonly classifier: Classifier;
  readonly label: string;
  /** Id of the data. */
  readonly source: string;
  /** Key of the test rows. */
  readonly test: string;
}

/**
 * Gives a function that plans the figures of a classifier on the test rows, and tells their key.
 * Trials of several fractions may share a classifier.
 */
export function evaluationAdder(builder: StepBuilder): (wanted: WantedEvaluation) => string {
  const known = new Map<Classifier, string>();
  return ({ classifier, label, source, test }) => {
    const { key, validation } = classifier;
    const found =
      known.get(classifier) ??
      builder.add({
        kind: "evaluate",
        settings: none,
        inputs: { result: key, test, validation: validation.key },
        label,
        recipe: { kind: "evaluate", source, result: key, validation: validation.ref },
        cost: once.evaluate,
      });
    known.set(classifier, found);
    return found;
  };
}

/** Inputs by number: `member-1`, `member-2`, ... */
export const numbered = (stem: string, keys: readonly string[]): Record<string, string> =>
  Object.fromEntries(keys.map((key, index) => [`${stem}-${index + 1}`, key]));
