import { CounterweightError } from "@counterweight/base";
import { type ColumnMapping, resolveColumns } from "./columns.js";
import { type CsvOptions, type KeepColumns, parseCsv } from "./csv.js";
import { type DropKind, dropRows } from "./drops.js";
import { parseJsonLines, parseJsonList } from "./json.js";
import { readParquet } from "./parquet.js";
import type { RecordFile } from "./records.js";
import { type RowSource, recordsOf } from "./row-source.js";
import { type ReadTable, type TableOptions, tableFromRecords } from "./table-from-records.js";
import { type TextFileOptions, textChunks } from "./text-chunks.js";
import { counted } from "./visible.js";

/** Formats of users' files; `json` is one list of objects. Each may be packed with gzip. */
export type FileFormat = "csv" | "tsv" | "jsonl" | "json" | "parquet";

/** All file formats, for options. */
export const fileFormats: readonly FileFormat[] = ["csv", "tsv", "jsonl", "json", "parquet"];

/** How to read a user's file of rows. */
export interface ReadTableOptions extends TableOptions, CsvOptions, TextFileOptions {
  /** Default: by the file's ending (.csv, .tsv, .jsonl, .ndjson, .json, .parquet; then perhaps .gz). */
  readonly format?: FileFormat;
  /** Kinds of rows to leave out; each is recorded in `skipped`. Default: none. */
  readonly drop?: readonly DropKind[];
}

function formatOf(path: string): FileFormat {
  const ending = /\.([a-z]+)(?:\.gz(?:ip)?)?$/i.exec(path)?.[1]?.toLowerCase();
  const aliases: Readonly<Record<string, FileFormat>> = {
    ndjson: "jsonl",
    tab: "tsv",
    pq: "parquet",
  };
  const format =
    (ending === undefined ? undefined : aliases[ending]) ??
    fileFormats.find((name) => name === ending);
  if (format !== undefined) return format;
  throw new CounterweightError("data", "cannot tell the format from the file's ending.", {
    where: path,
    fix: `Set format to one of ${fileFormats.join(", ")}.`,
  });
}

/** The columns of a mapping that leaves nothing to guess; undefined: all may be needed. */
function givenColumns(mapping: ColumnMapping): readonly string[] | undefined {
  const { text, textPair, label, weight } = mapping;
  if (text === undefined || label === undefined || textPair === undefined) return undefined;
  return [text, textPair, label, weight].filter((name) => typeof name === "string");
}

function parseFile(
  path: string,
  options: ReadTableOptions,
  used: KeepColumns,
  given: readonly string[] | undefined,
): Promise<RowSource> {
  const format = options.format ?? formatOf(path);
  switch (format) {
    case "csv":
      return parseCsv(textChunks(path, options), path, options, used);
    case "tsv":
      return parseCsv(textChunks(path, options), path, { delimiter: "\t", ...options }, used);
    case "jsonl":
      return parseJsonLines(textChunks(path, options), path, given);
    case "json":
      return parseJsonList(textChunks(path, options), path, given);
    case "parquet":
      return readParquet(path, used);
  }
}

/** Parses a user's file into records with all its columns, not yet understood; for small files. */
export async function readRecords(
  path: string,
  options: ReadTableOptions = {},
): Promise<RecordFile> {
  return recordsOf(await parseFile(path, options, () => undefined, undefined));
}

/**
 * Parses a user's file into columns of values, not yet understood; only the columns that the mapping
 * takes are held. A text file is read in pieces, never as one string.
 */
export function readColumns(path: string, options: ReadTableOptions = {}): Promise<RowSource> {
  const mapping = options.columns ?? {};
  const used = (columns: readonly string[]): readonly string[] => {
    const { text, textPair, label, weight } = resolveColumns(columns, mapping, path);
    return [text, textPair, label, weight].filter((name) => name !== undefined);
  };
  return parseFile(path, options, used, givenColumns(mapping));
}

/** `tableFromRecords`, then the drops asked for, with a note of how many rows went. */
export function tableWithDrops(
  source: RecordFile | RowSource,
  options: ReadTableOptions = {},
): ReadTable {
  const read = tableFromRecords(source, options);
  const { table, notes } = read;
  const kept = dropRows(table, options.drop ?? []);
  const dropped = kept.skipped.length - table.skipped.length;
  const note = `${source.file}: ${counted(dropped, "row")} dropped (${options.drop?.join(", ") ?? ""})`;
  return { ...read, table: kept, notes: dropped === 0 ? notes : [...notes, note] };
}

/**
 * Reads a user's file of labelled texts.
 * @throws CounterweightError `data`, see `textChunks`, `parseCsv`, `parseJsonLines`,
 * `parseJsonList`, `readParquet` and `tableFromRecords`.
 */
export async function readTable(path: string, options: ReadTableOptions = {}): Promise<ReadTable> {
  return tableWithDrops(await readColumns(path, options), options);
}
