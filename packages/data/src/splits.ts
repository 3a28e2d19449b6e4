import { at, CounterweightError, randomStream } from "@counterweight/base";
import { counted, visible } from "./reading/visible.js";
import { rowCount, select, type TextTable, textKey } from "./text-table.js";

/** Indices of rows with equal text (pair), by first occurrence; such a group is never torn apart. */
function groupByText(table: TextTable): number[][] {
  const groups = new Map<string, number[]>();
  for (let index = 0; index < rowCount(table); index++) {
    const key = textKey(table, index);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  }
  return [...groups.values()];
}

const ascending = (left: number, right: number): number => left - right;

/** How to divide a table. */
export interface SplitOptions<Part extends string> {
  /** Share of the rows by part; positive, sum 1. */
  readonly shares: Readonly<Record<Part, number>>;
  readonly seed: number;
}

/**
 * Row indices (0-based, ascending) of each part, with the class proportions of the whole and equal
 * texts together.
 */
function splitIndices(table: TextTable, shares: readonly number[], seed: number): number[][] {
  const groups = groupByText(table);
  const indices = shares.map((): number[] => []);
  table.labelNames.forEach((labelName, label) => {
    const own = groups.filter((group) => at(table.label, at(group, 0)) === label);
    if (own.length === 0) return;
    if (own.length < shares.length) {
      throw new CounterweightError(
        "data",
        `class ${visible(labelName)} has ${counted(own.length, "distinct text")}, too few for ${shares.length} parts.`,
        { where: table.file, fix: "Use fewer parts, more rows, or files with row numbers." },
      );
    }
    const shuffled = randomStream("stratified-split", seed, labelName).shuffled(own);
    const total = shuffled.reduce((count, group) => count + group.length, 0);
    let taken = 0;
    let next = 0;
    let boundary = 0;
    shares.forEach((share, part) => {
      boundary += share * total;
      const partsLeft = shares.length - part - 1;
      const target = at(indices, part);
      for (let first = true; next < shuffled.length - partsLeft; first = false) {
        const group = at(shuffled, next);
        const fits = partsLeft === 0 || taken + group.length / 2 <= boundary;
        if (!first && !fits) break; // every part gets one group of each class
        target.push(...group);
        taken += group.length;
        next++;
      }
    });
  });
  return indices.map((rows) => rows.sort(ascending));
}

/**
 * Divides the rows into `folds` parts of near-equal size for cross-fitting, stratified by class,
 * equal texts in one fold. Returns the 0-based row indices of each fold, ascending; every row is in
 * exactly one.
 * @throws CounterweightError `data` for fewer than two folds, or a class with fewer distinct texts
 * than folds.
 */
export function stratifiedFolds(table: TextTable, folds: number, seed: number): number[][] {
  if (!Number.isInteger(folds) || folds < 2) {
    throw new CounterweightError("data", `needed two folds or more, got ${folds}.`, {
      where: table.name,
      fix: "Change the number of folds.",
    });
  }
  return splitIndices(table, new Array<number>(folds).fill(1 / folds), seed);
}

/**
 * Divides a table into parts with the class proportions of the whole. Rows with equal texts stay
 * together (a group counts for the class of its first row), so no text stands in two parts. Each
 * part keeps the file's row order. Depends on the rows, the order of `shares` and the seed only.
 * @throws CounterweightError `data` when shares are not positive with sum 1, or when a class has
 * fewer distinct texts than there are parts.
 */
export function stratifiedSplit<Part extends string>(
  table: TextTable,
  { shares, seed }: SplitOptions<Part>,
): Record<Part, TextTable> {
  const parts = Object.entries<number>(shares);
  const sum = parts.reduce((total, [, share]) => total + share, 0);
  if (parts.some(([, share]) => !(share > 0)) || Math.abs(sum - 1) > 1e-9) {
    throw new CounterweightError(
      "data",
      `split shares must be positive with sum 1, got ${parts.map(([name, share]) => `${name}: ${share}`).join(", ")}.`,
      { where: table.name, fix: "Change the shares." },
    );
  }
  const indices = splitIndices(
    table,
    parts.map(([, share]) => share),
    seed,
  );
  const result = parts.map(([name], part) => [
    name,
    { ...select(table, at(indices, part)), name: `${table.name}/${name}` },
  ]);
  return Object.fromEntries(result);
}

/**
 * Rows in an order whose every prefix is stratified: one row of each class, then by rank within a
 * class over the class's size.
 */
function stratifiedOrder(table: TextTable, seed: number): number[] {
  const keyed: { index: number; key: number; label: number }[] = [];
  table.labelNames.forEach((labelName, label) => {
    const own = Array.from(table.label.keys()).filter((index) => at(table.label, index) === label);
    const shuffled = randomStream("stratified-fraction", seed, labelName).shuffled(own);
    shuffled.forEach((index, rank) => {
      keyed.push({ index, label, key: rank === 0 ? -1 : (rank + 0.5) / own.length });
    });
  });
  keyed.sort((left, right) => left.key - right.key || left.label - right.label);
  return keyed.map(({ index }) => index);
}

/**
 * A share of the rows with the class proportions of the whole: `max(classes present, round(fraction
 * x rows))` rows, at least one of each class present, in file order. Nested: of one seed, a smaller
 * fraction is a subset of a larger one.
 * @throws CounterweightError `data` when `fraction` is not in (0, 1].
 */
export function stratifiedFraction(table: TextTable, fraction: number, seed: number): TextTable {
  if (!(fraction > 0 && fraction <= 1)) {
    throw new CounterweightError(
      "data",
      `a fraction must be above 0 and at most 1, got ${fraction}.`,
      {
        where: table.name,
        fix: "Change the fraction.",
      },
    );
  }
  const classes = new Set(table.label).size;
  const count = Math.max(classes, Math.round(fraction * rowCount(table)));
  return select(table, stratifiedOrder(table, seed).slice(0, count).sort(ascending));
}

function checkCount(table: TextTable, count: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= rowCount(table)) return;
  throw new CounterweightError(
    "data",
    `asked for ${count} of ${counted(rowCount(table), "row")}.`,
    { where: table.name, fix: "Ask for a whole number from 1 to the number of rows." },
  );
}

/**
 * The first `count` rows.
 * @throws CounterweightError `data` when there are fewer.
 */
export function firstRows(table: TextTable, count: number): TextTable {
  checkCount(table, count);
  return select(
    table,
    Array.from({ length: count }, (_, index) => index),
  );
}

/**
 * `count` rows drawn without replacement, in file order. Of one seed, a smaller sample is a subset
 * of a larger one.
 * @throws CounterweightError `data` when there are fewer.
 */
export function sampleRows(table: TextTable, count: number, seed: number): TextTable {
  checkCount(table, count);
  const order = randomStream("sample-rows", seed).shuffled(Array.from(table.row.keys()));
  return select(table, order.slice(0, count).sort(ascending));
}
