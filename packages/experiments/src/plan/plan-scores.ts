import type { PlannedRows } from "./plan-data.js";
import type { StepBuilder } from "./step-builder.js";

/** A training or a vote, as those who use it see it. */
export interface Classifier {
  readonly key: string;
  readonly members: readonly string[];
  readonly validation: PlannedRows;
}

/** Plans the column of scores that a checker gives, calibrated where that is asked; its key. */
export function addScore(
  builder: StepBuilder,
  {
    checker,
    checkerName,
    label,
    source,
    rows,
    calibrated,
  }: {
    readonly checker: Classifier;
    /** How messages name it. */
    readonly checkerName: string;
    readonly label: string;
    /** Id of the data. */
    readonly source: string;
    /** Key of the rows it scores. */
    readonly rows: string;
    readonly calibrated: boolean;
  },
): string {
  const { key, members: voters, validation } = checker;
  const calibrate = calibrated
    ? builder.add({
        kind: "calibrate",
        settings: { by: "temperature" },
        inputs: { checker: key, validation: validation.key },
        label,
        recipe: { kind: "calibrate", source, checker: key, validation: validation.ref },
        cost: { shape: "calibrate", units: 1 },
      })
    : undefined;
  // Each is scaled before they vote; without a temperature the vote itself says all.
  const members = calibrated && voters.length > 1 ? voters : [];
  return builder.add({
    kind: "score",
    settings: {},
    inputs: { checker: key, rows, calibrate, ...numbered("member", members) },
    label,
    recipe: { kind: "score", source, checker: key, members, calibrate, checkerName },
    cost: { shape: "score", units: 1 },
  });
}

/** Inputs by number: `member-1`, `member-2`, ... */
export const numbered = (stem: string, keys: readonly string[]): Record<string, string> =>
  Object.fromEntries(keys.map((key, index) => [`${stem}-${index + 1}`, key]));
