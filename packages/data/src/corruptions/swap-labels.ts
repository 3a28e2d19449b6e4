import { at, CounterweightError, randomStream } from "@counterweight/base";
import { rowCount, type TextTable } from "../text-table.js";
import {
  byIndex,
  type Corrupted,
  type CorruptionOptions,
  chooseRows,
  countOf,
  type PlantedRow,
} from "./planted.js";

/**
 * Gives a share of the rows another label, drawn evenly from the other classes (rows with swapped
 * labels of the paper's Figures 4 and 5). Everything else stays.
 * @throws CounterweightError `data` for a share outside [0, 1], too few rows, or one class only.
 */
export function swapLabels(table: TextTable, options: CorruptionOptions): Corrupted {
  const classes = table.labelNames.length;
  if (classes < 2) {
    throw new CounterweightError("data", "a label cannot be swapped: there is one class only.", {
      where: table.name,
      fix: "Use a table with two classes or more.",
    });
  }
  const random = randomStream("swap-labels", options.seed);
  const count = countOf(options.share, rowCount(table), table.name);
  const label = table.label.slice();
  const planted: PlantedRow[] = [];
  for (const index of chooseRows(table, count, options.avoid ?? new Set(), random)) {
    const originalLabel = at(table.label, index);
    label[index] = (originalLabel + 1 + random.integer(classes - 1)) % classes;
    planted.push({ index, kind: "swapped-label", originalLabel });
  }
  return { table: { ...table, label }, planted: byIndex(planted) };
}
