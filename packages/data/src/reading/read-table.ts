import { CounterweightError } from "@counterweight/base";
import { type CsvOptions, parseCsv } from "./csv.js";
import { type DropKind, dropRows } from "./drops.js";
import { parseJsonLines, parseJsonList } from "./json.js";
import { readTextFile } from "./read-text-file.js";
import type { RecordFile } from "./records.js";
import { type ReadTable, type TableOptions, tableFromRecords } from "./table-from-records.js";
import { counted } from "./visible.js";

/** Formats of users' files; `json` is one list of objects. */
export type FileFormat = "csv" | "tsv" | "jsonl" | "json";

/** All file formats, for options. */
export const fileFormats: readonly FileFormat[] = ["csv", "tsv", "jsonl", "json"];

/** How to read a user's file of rows. */
export interface ReadTableOptions extends TableOptions, CsvOptions {
  /** Default: by the file's ending (.csv, .tsv, .jsonl, .ndjson, .json). */
  readonly format?: FileFormat;
  /** Kinds of rows to leave out; each is recorded in `skipped`. Default: none. */
  readonly drop?: readonly DropKind[];
}

function formatOf(path: string): FileFormat {
  const ending = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase();
  const format = ending === "ndjson" ? "jsonl" : fileFormats.find((name) => name === ending);
  if (format !== undefined) return format;
  throw new CounterweightError("data", "cannot tell the format from the file's ending.", {
    where: path,
    fix: "Set format to one of csv, tsv, jsonl, json.",
  });
}

function parseFile(text: string, path: string, options: ReadTableOptions): RecordFile {
  const format = options.format ?? formatOf(path);
  switch (format) {
    case "csv":
      return parseCsv(text, path, options);
    case "tsv":
      return parseCsv(text, path, { delimiter: "\t", ...options });
    case "jsonl":
      return parseJsonLines(text, path);
    case "json":
      return parseJsonList(text, path);
  }
}

/** Parses a user's CSV, TSV, JSON Lines or JSON file into records, columns not yet understood. */
export async function readRecords(
  path: string,
  options: ReadTableOptions = {},
): Promise<RecordFile> {
  return parseFile(await readTextFile(path), path, options);
}

/** `tableFromRecords`, then the drops asked for, with a note of how many rows went. */
export function tableWithDrops(source: RecordFile, options: ReadTableOptions = {}): ReadTable {
  const { table, notes } = tableFromRecords(source, options);
  const kept = dropRows(table, options.drop ?? []);
  const dropped = kept.skipped.length - table.skipped.length;
  const note = `${source.file}: ${counted(dropped, "row")} dropped (${options.drop?.join(", ") ?? ""})`;
  return { table: kept, notes: dropped === 0 ? notes : [...notes, note] };
}

/**
 * Reads a user's file of labelled texts.
 * @throws CounterweightError `data`, see `readTextFile`, `parseCsv`, `parseJsonLines` and `tableFromRecords`.
 */
export async function readTable(path: string, options: ReadTableOptions = {}): Promise<ReadTable> {
  return tableWithDrops(await readRecords(path, options), options);
}
