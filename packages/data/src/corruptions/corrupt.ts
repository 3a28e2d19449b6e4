import { rowCount, type TextTable } from "../text-table.js";
import { duplicateRows } from "./duplicate-rows.js";
import { byIndex, type Corrupted, countOf, type PlantedRow } from "./planted.js";
import { swapLabels } from "./swap-labels.js";
import { unrelatedInputs } from "./unrelated-inputs.js";

/** One step of a plan; `share` is of the rows of the table that `corrupt` is given. */
export type CorruptionStep =
  | { readonly kind: "swapped-label"; readonly share: number }
  | { readonly kind: "duplicate"; readonly share: number; readonly copies?: number }
  | {
      readonly kind: "unrelated-input";
      readonly share: number;
      readonly source?: TextTable | "word-salad";
    };

/** Corruptions to apply one after another. */
export interface CorruptionPlan {
  readonly steps: readonly CorruptionStep[];
  readonly seed: number;
}

/** One step on the table as it stands; `share` is of its present rows. */
function applyStep(
  table: TextTable,
  step: CorruptionStep,
  share: number,
  seed: number,
  avoid: ReadonlySet<number>,
): Corrupted {
  const common = { share, seed, avoid };
  switch (step.kind) {
    case "swapped-label":
      return swapLabels(table, common);
    case "duplicate":
      return duplicateRows(table, {
        ...common,
        ...(step.copies === undefined ? {} : { copies: step.copies }),
      });
    case "unrelated-input":
      return unrelatedInputs(table, {
        ...common,
        ...(step.source === undefined ? {} : { source: step.source }),
      });
  }
}

/**
 * Applies corruptions so that **no row is planted twice**: a later step chooses among rows that no
 * earlier one planted or copied, so that each planted row has exactly one fault and each copy still
 * equals its source. Every step's share is of the rows of `table` itself. Rows keep their places;
 * copies are appended; so indices of earlier steps stay right.
 * @throws CounterweightError `data` when the steps together need more rows than there are, and as
 * the single corruptions do.
 */
export function corrupt(table: TextTable, plan: CorruptionPlan): Corrupted {
  const rows = rowCount(table);
  const touched = new Set<number>();
  const planted: PlantedRow[] = [];
  let current = table;
  for (const step of plan.steps) {
    const count = countOf(step.share, rows, table.name);
    const share = count / Math.max(1, rowCount(current)); // of the grown table: the same count
    const done = applyStep(current, step, share, plan.seed, touched);
    current = done.table;
    for (const row of done.planted) {
      touched.add(row.index);
      if (row.kind === "duplicate") touched.add(row.source);
      planted.push(row);
    }
  }
  return { table: current, planted: byIndex(planted) };
}
