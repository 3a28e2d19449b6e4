import { at } from "@counterweight/base";
import { rowCount, type SkippedRow, select, type TextTable, textKey } from "../text-table.js";

/** Kinds of rows that a reader keeps unless told to drop them by name. */
export type DropKind = "boilerplate" | "duplicates";

/** All drop kinds, for options. */
export const dropKinds: readonly DropKind[] = ["boilerplate", "duplicates"];

/** The opening of an answer that a language model gave instead of a row, such as "Sure, here are 10 ...". */
const boilerplate =
  /^(?:(?:sure|certainly|of course|absolutely|okay|ok)[,!.:]? here (?:are|is|'s)\b|here (?:are|is) (?:\d+|ten|some)\b|as an ai (?:language )?model\b)/i;

/** Whether a text begins like a language model's talk about its task. */
export function isBoilerplate(text: string): boolean {
  return boilerplate.test(text);
}

/** Indices (0-based) of rows that repeat an earlier row's text (pair) and label, with that row's index. */
export function findDuplicates(table: TextTable): Map<number, number> {
  const first = new Map<string, number>();
  const repeats = new Map<number, number>();
  for (let index = 0; index < rowCount(table); index++) {
    const key = `${at(table.label, index)}:${textKey(table, index)}`;
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, index);
    else repeats.set(index, earlier);
  }
  return repeats;
}

/** Drops the named kinds of rows; each goes to `skipped` with its reason, in row order. */
export function dropRows(table: TextTable, kinds: readonly DropKind[]): TextTable {
  const reasons = new Map<number, string>();
  if (kinds.includes("boilerplate")) {
    table.text.forEach((text, index) => {
      if (isBoilerplate(text)) reasons.set(index, "boilerplate");
    });
  }
  if (kinds.includes("duplicates")) {
    for (const [index, earlier] of findDuplicates(table)) {
      const reason = `duplicate of row ${at(table.row, earlier)}`;
      if (!reasons.has(index)) reasons.set(index, reason);
    }
  }
  if (reasons.size === 0) return table;
  const kept = Array.from(table.row.keys()).filter((index) => !reasons.has(index));
  const skipped: SkippedRow[] = [...reasons].map(([index, reason]) => ({
    row: at(table.row, index),
    reason,
  }));
  const all = [...table.skipped, ...skipped].sort((left, right) => left.row - right.row);
  return { ...select(table, kept), skipped: all };
}
