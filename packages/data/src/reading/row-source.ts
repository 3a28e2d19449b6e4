import type { FieldValue, RecordFile } from "./records.js";

/** A file as columns of values, before its columns are understood. Rows are numbered from 0 here. */
export interface RowSource {
  readonly file: string;
  /** Column names in order; may hold repeats, which only matter if such a column is used. */
  readonly columns: readonly string[];
  readonly rows: number;
  /** Lines that held nothing at all; they are no rows. */
  readonly blankLines: number;
  /** The 1-based number of a row among the file's records, and the line on which it begins. */
  readonly place: (index: number) => { readonly row: number; readonly line?: number };
  /** The values of a column, `[rows]`; what is absent is undefined. */
  readonly column: (name: string) => ArrayLike<FieldValue>;
  /** Names that the file itself gives to the integers of a column (a ClassLabel of Hugging Face). */
  readonly classNames?: (column: string) => readonly string[] | undefined;
}

/** Records as columns. */
export function rowsOf(source: RecordFile | RowSource): RowSource {
  if (!("records" in source)) return source;
  const { file, columns, records, blankLines } = source;
  return {
    file,
    columns,
    rows: records.length,
    blankLines,
    place: (index) => records[index] ?? { row: index + 1 },
    column: (name) => records.map((record) => record.get(name)),
  };
}

/** Columns as records. */
export function recordsOf(source: RowSource): RecordFile {
  const { file, columns, blankLines } = source;
  const values = new Map(columns.map((name) => [name, source.column(name)]));
  const records = Array.from({ length: source.rows }, (_, index) => ({
    ...source.place(index),
    get: (column: string): FieldValue => values.get(column)?.[index],
  }));
  return { file, columns, records, blankLines };
}

/** Collects rows column by column. */
export interface ColumnStore {
  readonly rows: () => number;
  /** Adds one row that begins on `line`: its values by column name. */
  readonly add: (line: number, values: Iterable<readonly [string, FieldValue]>) => void;
  readonly finish: (file: string, blankLines: number, columns?: readonly string[]) => RowSource;
}

const aList = Object.freeze([]);
const anObject = Object.freeze({});

/** Nested values can be no text, label or weight: only their kind is kept, for messages. */
const kept = (value: FieldValue): FieldValue =>
  typeof value !== "object" || value === null ? value : Array.isArray(value) ? aList : anObject;

/** An empty store; with `keep`, the values of all other columns are forgotten. */
export function columnStore(keep?: readonly string[]): ColumnStore {
  const values = new Map<string, FieldValue[]>();
  const lines: number[] = [];
  return {
    rows: () => lines.length,
    add: (line, entries) => {
      const row = lines.push(line) - 1;
      for (const [name, value] of entries) {
        let column = values.get(name);
        if (column === undefined) {
          column = [];
          values.set(name, column);
        }
        if (keep !== undefined && !keep.includes(name)) continue;
        while (column.length < row) column.push(undefined);
        column[row] = kept(value);
      }
    },
    finish: (file, blankLines, columns = [...values.keys()]) => ({
      file,
      columns,
      rows: lines.length,
      blankLines,
      place: (index) => {
        const line = lines[index];
        return { row: index + 1, ...(line === undefined ? {} : { line }) };
      },
      column: (name) => values.get(name) ?? [],
    }),
  };
}
