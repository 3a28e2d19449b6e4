import { at } from "@counterweight/base";
import { findDuplicates, isBoilerplate } from "./reading/drops.js";
import { classCounts, rowCount, type TextTable, textKey } from "./text-table.js";

/** Counts of a table that a person should see before training on it. */
export interface TableReport {
  readonly rows: number;
  /** Rows by class name, in class order. */
  readonly classes: Readonly<Record<string, number>>;
  /** Rows that repeat an earlier row's text and label. */
  readonly duplicates: number;
  /** Rows whose text also stands with another label. */
  readonly conflicting: number;
  /** Rows that begin like a language model's talk about its task. */
  readonly boilerplate: number;
  /** Rows whose whole text is a word that other tools take for "missing" ("null", "NA", "None", ...). */
  readonly nullWords: number;
  /** Rows left out by the reader, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

const nullWord = /^(?:null|none|na|n\/a|nan|nil|undefined)$/i;

/** Counts rows, classes, oddities and skipped rows of a table. Reasons "... of row 5" count together. */
export function describeTable(table: TextTable): TableReport {
  const counts = classCounts(table);
  const labels = new Map<string, Set<number>>();
  for (let index = 0; index < rowCount(table); index++) {
    const key = textKey(table, index);
    labels.set(key, (labels.get(key) ?? new Set()).add(at(table.label, index)));
  }
  let conflicting = 0;
  for (let index = 0; index < rowCount(table); index++) {
    if ((labels.get(textKey(table, index))?.size ?? 0) > 1) conflicting++;
  }
  const skipped = new Map<string, number>();
  for (const { reason } of table.skipped) {
    const kind = reason.replace(/ of row \d+$/, "");
    skipped.set(kind, (skipped.get(kind) ?? 0) + 1);
  }
  return {
    rows: rowCount(table),
    classes: Object.fromEntries(table.labelNames.map((name, index) => [name, at(counts, index)])),
    duplicates: findDuplicates(table).size,
    conflicting,
    boilerplate: table.text.filter(isBoilerplate).length,
    nullWords: table.text.filter((text) => nullWord.test(text)).length,
    skipped: Object.fromEntries(skipped),
  };
}
