import { at, CounterweightError } from "@counterweight/base";
import type { SkippedRow, TextTable } from "../text-table.js";
import { defaultMaxCellCharacters, readLabel, readText, readWeight } from "./cells.js";
import { type ColumnMapping, type ResolvedColumns, resolveColumns } from "./columns.js";
import {
  checkLabelNames,
  classIndex,
  isMissingLabel,
  type LabelOptions,
  mapLabel,
  sortLabels,
} from "./labels.js";
import { type FieldValue, placeOf, type RecordFile } from "./records.js";
import { type RowSource, rowsOf } from "./row-source.js";
import { counted, listed, visible } from "./visible.js";

/** How records become a table. */
export interface TableOptions extends LabelOptions {
  /** The table's name; default: the file. */
  readonly name?: string;
  readonly columns?: ColumnMapping;
  /** Rows with an empty text go to `skipped` instead of being an error. Default: false. */
  readonly skipEmpty?: boolean;
  /** A table with rows of one class only is an error. Default: true. */
  readonly requireTwoClasses?: boolean;
  /** Characters of the longest text that is taken. Default: 1,000,000. */
  readonly maxCellCharacters?: number;
}

/** A table, and what its reader decided, in sentences. */
export interface ReadTable {
  readonly table: TextTable;
  readonly notes: readonly string[];
  /** Whether the class order is the file's own, as a ClassLabel of Hugging Face has one. */
  readonly orderFromFile?: boolean;
}

/** The rows that are kept, column by column. */
interface KeptRows {
  readonly index: number[];
  readonly text: string[];
  readonly textPair: string[];
  /** Position of each row's label in `labels`. */
  readonly code: number[];
  /** Distinct labels, mapped, with the row in which each came first. */
  readonly labels: Map<string, { readonly code: number; readonly index: number }>;
  readonly weight: number[];
  readonly skipped: SkippedRow[];
}

function collectRows(source: RowSource, columns: ResolvedColumns, options: TableOptions): KeptRows {
  const kept: KeptRows = {
    index: [],
    text: [],
    textPair: [],
    code: [],
    labels: new Map(),
    weight: [],
    skipped: [],
  };
  const {
    text: textColumn,
    textPair: pairColumn,
    label: labelColumn,
    weight: weightColumn,
  } = columns;
  const columnOf = (name: string | undefined): ArrayLike<FieldValue> =>
    name === undefined ? [] : source.column(name);
  const texts = columnOf(textColumn);
  const pairs = columnOf(pairColumn);
  const labels = columnOf(labelColumn);
  const weights = columnOf(weightColumn);
  const names = source.classNames?.(labelColumn);
  const limit = options.maxCellCharacters ?? defaultMaxCellCharacters;

  for (let index = 0; index < source.rows; index++) {
    const where = (): string => placeOf(source.file, source.place(index));
    const skip = (reason: string): void => {
      kept.skipped.push({ row: source.place(index).row, reason });
    };
    const weight = weightColumn === undefined ? 1 : readWeight(weights[index], weightColumn, where);
    if (weight === 0) {
      skip("weight 0"); // as if the row were not there: nothing else of it is looked at
      continue;
    }
    const text = readText(texts[index], textColumn, limit, where);
    const textPair =
      pairColumn === undefined ? undefined : readText(pairs[index], pairColumn, limit, where);
    const empty = text === "" ? textColumn : textPair === "" ? pairColumn : undefined;
    if (empty !== undefined) {
      if (options.skipEmpty !== true) {
        throw new CounterweightError("data", `the text ${visible(empty)} is empty.`, {
          where: where(),
          fix: "Fill it, or set skipEmpty: true to leave such rows out (they are listed).",
        });
      }
      skip(`empty ${empty === textColumn ? "text" : "textPair"}`);
      continue;
    }
    const written = readLabel(labels[index], labelColumn, names, where);
    if (isMissingLabel(written, options)) {
      throw new CounterweightError("data", `the label ${visible(labelColumn)} is ${written}.`, {
        where: where(),
        fix: "Give the row its label; if this is the name of a class, say so in labelNames.",
      });
    }
    const label = mapLabel(written, options);
    let known = kept.labels.get(label);
    if (known === undefined) {
      known = { code: kept.labels.size, index };
      kept.labels.set(label, known);
    }
    kept.index.push(index);
    kept.text.push(text);
    if (textPair !== undefined) kept.textPair.push(textPair);
    kept.code.push(known.code);
    if (weightColumn !== undefined) kept.weight.push(weight);
  }
  return kept;
}

/** Class order: as given; as the file itself names its integer labels; or the labels found, sorted. */
function chooseLabelNames(
  source: RowSource,
  column: string,
  found: readonly string[],
  options: TableOptions,
): { readonly labelNames: readonly string[]; readonly how: string; readonly own?: boolean } {
  if (options.labelNames !== undefined) return { labelNames: options.labelNames, how: "" };
  const own = source.classNames?.(column)?.map((name) => mapLabel(name, options));
  return own === undefined
    ? { labelNames: sortLabels(found), how: " (found, sorted)" }
    : { labelNames: [...new Set(own)], how: " (named in the file)", own: true };
}

/**
 * Refuses rows of one class only.
 * @param labels the labels present.
 */
export function checkTwoClasses(labels: Iterable<string>, file: string): void {
  const [first, second] = labels;
  if (second !== undefined) return;
  const only = first === undefined ? "no row at all" : `only ${visible(first)}`;
  throw new CounterweightError("data", `needed rows of two classes or more, got ${only}.`, {
    where: file,
    fix: "Check that the label column is the right one and that the file is complete.",
  });
}

function checkRows(kept: KeptRows, source: RowSource, options: TableOptions): void {
  if (kept.skipped.filter(({ reason }) => reason === "weight 0").length === source.rows) {
    throw new CounterweightError("data", "every row has the weight 0, so no row is left.", {
      where: source.file,
      fix: "Check that the weight column is the right one.",
    });
  }
  if (options.requireTwoClasses !== false) checkTwoClasses(kept.labels.keys(), source.file);
}

/**
 * Makes a table of records: columns mapped or guessed, texts trimmed, labels turned into classes.
 * "null", "NA" and "None" stay text. With a weight column, rows of weight 0 are left out and listed.
 * @throws CounterweightError `data` for missing columns, empty, ill-typed or huge texts, empty or
 * unknown labels, weights that are no finite number of 0 or more, no rows, or one class only; each
 * with file, row and what to do.
 */
export function tableFromRecords(
  records: RecordFile | RowSource,
  options: TableOptions = {},
): ReadTable {
  const source = rowsOf(records);
  const { file } = source;
  if (source.rows === 0) {
    throw new CounterweightError("data", "the file has no rows.", {
      where: file,
      fix: "Check that this is the file you mean.",
    });
  }
  const columns = resolveColumns(source.columns, options.columns ?? {}, file);
  const kept = collectRows(source, columns, options);
  const { labelNames, how, own } = chooseLabelNames(
    source,
    columns.label,
    [...kept.labels.keys()],
    options,
  );
  const classOf = Int32Array.from(kept.labels, ([label, { index }]) =>
    classIndex(label, labelNames, placeOf(file, source.place(index))),
  );
  checkRows(kept, source, options);
  if (labelNames.length > 1 || options.labelNames !== undefined) checkLabelNames(labelNames, file);

  const places = kept.index.map((index) => source.place(index));
  const { skipped } = kept;
  const table: TextTable = {
    name: options.name ?? file,
    labelNames,
    text: kept.text,
    ...(columns.textPair === undefined ? {} : { textPair: kept.textPair }),
    label: Int32Array.from(kept.code, (code) => at(classOf, code)),
    file,
    row: Int32Array.from(places, ({ row }) => row),
    ...(places.every(({ line }) => line !== undefined)
      ? { line: Int32Array.from(places, ({ line }) => line ?? 0) }
      : {}),
    ...(columns.weight === undefined ? {} : { weight: Float32Array.from(kept.weight) }),
    skipped,
  };
  const classes = `classes ${listed(labelNames.map(visible))}${how}`;
  const notes = [`${file}: ${columns.note}; ${classes}`];
  if (source.blankLines > 0)
    notes.push(`${file}: ${counted(source.blankLines, "blank line")} ignored`);
  const weightless = skipped.filter(({ reason }) => reason === "weight 0").length;
  if (weightless > 0) notes.push(`${file}: ${counted(weightless, "row")} skipped, weight 0`);
  const empty = skipped.length - weightless;
  if (empty > 0) notes.push(`${file}: ${counted(empty, "row")} skipped, text empty`);
  return { table, notes, ...(own === undefined ? {} : { orderFromFile: own }) };
}
