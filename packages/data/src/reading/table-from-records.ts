import { CounterweightError } from "@counterweight/base";
import type { SkippedRow, TextTable } from "../text-table.js";
import { type ColumnMapping, resolveColumns } from "./columns.js";
import { checkLabelNames, classIndex, type LabelOptions, mapLabel, sortLabels } from "./labels.js";
import { type FieldValue, placeOf, type RecordFile, type SourceRecord } from "./records.js";
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
}

/** A table, and what its reader decided, in sentences. */
export interface ReadTable {
  readonly table: TextTable;
  readonly notes: readonly string[];
}

function readText(record: SourceRecord, column: string, file: string): string {
  const value = record.get(column);
  if (value === undefined || value === null) return "";
  const where = placeOf(file, record);
  if (typeof value !== "string") {
    throw new CounterweightError("data", `${visible(column)} is ${kindOf(value)}, needed a text.`, {
      where,
      fix: "Write the text as a string, or map another column.",
    });
  }
  if (/\p{Surrogate}/u.test(value)) {
    throw new CounterweightError(
      "data",
      `${visible(column)} holds half a character (a lone surrogate).`,
      {
        where,
        fix: "Remove the broken \\u escape.",
      },
    );
  }
  return value.trim();
}

const kindOf = (value: FieldValue): string =>
  Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : `a ${typeof value}`;

function readLabel(record: SourceRecord, column: string, file: string): string {
  const value = record.get(column);
  const label =
    typeof value === "string"
      ? value.trim()
      : typeof value === "boolean" || Number.isSafeInteger(value)
        ? String(value)
        : undefined;
  if (label !== undefined && label !== "") return label;
  const got =
    value === undefined || value === null || label === ""
      ? "empty"
      : typeof value === "number"
        ? String(value)
        : kindOf(value);
  throw new CounterweightError("data", `the label ${visible(column)} is ${got}.`, {
    where: placeOf(file, record),
    fix: "Give each row a label: a string or an integer.",
  });
}

interface LabelledRow {
  readonly record: SourceRecord;
  readonly text: string;
  readonly textPair: string;
  readonly label: string;
}

/**
 * Makes a table of records: columns mapped or guessed, texts trimmed, labels turned into classes.
 * "null", "NA" and "None" stay text.
 * @throws CounterweightError `data` for missing columns, empty or ill-typed texts, empty or unknown
 * labels, no rows, or one class only; each with file, row and what to do.
 */
export function tableFromRecords(source: RecordFile, options: TableOptions = {}): ReadTable {
  const { file } = source;
  if (source.records.length === 0) {
    throw new CounterweightError("data", "the file has no rows.", {
      where: file,
      fix: "Check that this is the file you mean.",
    });
  }
  const columns = resolveColumns(source.columns, options.columns ?? {}, file);
  const rows: LabelledRow[] = [];
  const skipped: SkippedRow[] = [];
  for (const record of source.records) {
    const text = readText(record, columns.text, file);
    const textPair = columns.textPair === undefined ? "" : readText(record, columns.textPair, file);
    const empty = text === "" ? columns.text : textPair === "" ? columns.textPair : undefined;
    if (empty !== undefined) {
      if (options.skipEmpty !== true) {
        throw new CounterweightError("data", `the text ${visible(empty)} is empty.`, {
          where: placeOf(file, record),
          fix: "Fill it, or set skipEmpty: true to leave such rows out (they are listed).",
        });
      }
      skipped.push({
        row: record.row,
        reason: `empty ${empty === columns.text ? "text" : "textPair"}`,
      });
      continue;
    }
    const label = mapLabel(readLabel(record, columns.label, file), options);
    rows.push({ record, text, textPair, label });
  }
  const labelNames = options.labelNames ?? sortLabels(rows.map(({ label }) => label));
  const label = Int32Array.from(rows, (row) =>
    classIndex(row.label, labelNames, placeOf(file, row.record)),
  );
  const found = new Set(label);
  if (options.requireTwoClasses !== false && found.size < 2) {
    const only = rows[0] === undefined ? "no row at all" : `only ${visible(rows[0].label)}`;
    throw new CounterweightError("data", `needed rows of two classes or more, got ${only}.`, {
      where: file,
      fix: "Check that the label column is the right one and that the file is complete.",
    });
  }
  if (labelNames.length > 1 || options.labelNames !== undefined) checkLabelNames(labelNames, file);
  const table: TextTable = {
    name: options.name ?? file,
    labelNames,
    text: rows.map(({ text }) => text),
    ...(columns.textPair === undefined ? {} : { textPair: rows.map(({ textPair }) => textPair) }),
    label,
    file,
    row: Int32Array.from(rows, ({ record }) => record.row),
    ...(rows.every(({ record }) => record.line !== undefined)
      ? { line: Int32Array.from(rows, ({ record }) => record.line ?? 0) }
      : {}),
    skipped,
  };
  const classes = `classes ${listed(labelNames.map(visible))}${options.labelNames === undefined ? " (found, sorted)" : ""}`;
  const notes = [`${file}: ${columns.note}; ${classes}`];
  if (source.blankLines > 0)
    notes.push(`${file}: ${counted(source.blankLines, "blank line")} ignored`);
  if (skipped.length > 0)
    notes.push(`${file}: ${counted(skipped.length, "row")} skipped, text empty`);
  return { table, notes };
}
