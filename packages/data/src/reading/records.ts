/** A value as a file holds it: CSV has strings only, JSON and Parquet more kinds. */
export type FieldValue = string | number | bigint | boolean | null | undefined | object;

/** One record of a file, before its columns are understood. */
export interface SourceRecord {
  /** 1-based number among the records of the file (a header and blank lines are not counted). */
  readonly row: number;
  /** 1-based line on which the record begins, where the format has lines. */
  readonly line?: number;
  /** Value by column name; absent columns give undefined. */
  readonly get: (column: string) => FieldValue;
}

/** A file as records with named columns. */
export interface RecordFile {
  readonly file: string;
  /** Column names in order; may hold repeats, which only matter if such a column is used. */
  readonly columns: readonly string[];
  readonly records: readonly SourceRecord[];
  /** Lines that held nothing at all; they are no rows. */
  readonly blankLines: number;
}

/** "file, row 5 (line 9)": where a record stands, for messages. */
export function placeOf(file: string, record: Pick<SourceRecord, "row" | "line">): string {
  const line = record.line === undefined ? "" : ` (line ${record.line})`;
  return `${file}, row ${record.row}${line}`;
}
