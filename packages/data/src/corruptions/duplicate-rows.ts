import { CounterweightError, randomStream } from "@counterweight/base";
import { rowCount, select, type TextTable } from "../text-table.js";
import {
  type Corrupted,
  type CorruptionOptions,
  chooseRows,
  countOf,
  type PlantedRow,
} from "./planted.js";

/** How rows are duplicated. */
export interface DuplicateOptions extends CorruptionOptions {
  /** Copies of each chosen row, 1 or more. Default: 1. */
  readonly copies?: number;
}

/**
 * Appends exact copies of a share of the rows (duplicated rows of the paper's Figures 4 and 5); the
 * rows of the table itself stay where they are. A copy keeps its source's row number and line.
 * @throws CounterweightError `data` for a share outside [0, 1], too few rows, or a number of copies
 * that is no whole number from 1.
 */
export function duplicateRows(table: TextTable, options: DuplicateOptions): Corrupted {
  const { copies = 1, seed } = options;
  if (!Number.isInteger(copies) || copies < 1) {
    throw new CounterweightError("data", `needed 1 copy of a row or more, got ${copies}.`, {
      where: table.name,
      fix: "Set copies to a whole number from 1.",
    });
  }
  const rows = rowCount(table);
  const random = randomStream("duplicate-rows", seed);
  const count = countOf(options.share, rows, table.name);
  const chosen = chooseRows(table, count, options.avoid ?? new Set(), random);
  const sources = chosen.flatMap((index) => new Array<number>(copies).fill(index));
  const planted: PlantedRow[] = sources.map((source, position) => ({
    index: rows + position,
    kind: "duplicate",
    source,
  }));
  return { table: select(table, [...table.label.keys(), ...sources]), planted };
}
