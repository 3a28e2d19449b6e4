import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CounterweightError } from "@counterweight/base";
import { CsvError, parse } from "csv-parse";
import { placeOf } from "./records.js";
import { columnStore, type RowSource } from "./row-source.js";
import { counted, listed, visible } from "./visible.js";

/** How a delimited file is written. */
export interface CsvOptions {
  /** One character between fields. Default: a comma. */
  readonly delimiter?: string;
  /** `"double"`: fields may stand in double quotes (RFC 4180). `"none"`: a quote is a character like any other. */
  readonly quote?: "double" | "none";
}

/** The columns whose values are needed, once the header is known. */
export type KeepColumns = (columns: readonly string[]) => readonly string[] | undefined;

/** Bytes of the longest record, 64 MiB: beyond, a quote was surely never closed. */
const maxRecordBytes = 1 << 26;

function checkDelimiter(delimiter: string, file: string): void {
  if (/^[^"\r\n]$/u.test(delimiter)) return;
  const tab = delimiter === "\\t" || delimiter.toLowerCase() === "tab";
  throw new CounterweightError(
    "data",
    `the delimiter ${JSON.stringify(delimiter)} is not one character.`,
    {
      where: file,
      fix: tab
        ? 'Set format: tsv, or write the tab as "\\t" in double quotes.'
        : 'Give one character, such as ";", other than a quote or a line end.',
    },
  );
}

function quotingError(error: CsvError, file: string, place: { row: number; line: number }) {
  const problems: Readonly<Record<string, string>> = {
    CSV_QUOTE_NOT_CLOSED: "a quoted field never ends (is the file cut off?)",
    INVALID_OPENING_QUOTE: "a quote stands inside an unquoted field",
    CSV_INVALID_CLOSING_QUOTE: "text follows a closing quote",
    CSV_MAX_RECORD_SIZE: `a row is longer than ${maxRecordBytes} bytes, so a quote was never closed`,
  };
  const where = place.row === 0 ? `${file}, header (line ${place.line})` : placeOf(file, place);
  return new CounterweightError("data", `broken quoting: ${problems[error.code] ?? error.code}.`, {
    where,
    fix: 'Double each quote inside a quoted field; or set quote: "none" if quotes mean nothing here.',
    cause: error,
  });
}

/** A header of one column that holds another delimiter: the wrong one was set, or none. */
function checkHeader(columns: readonly string[], delimiter: string, file: string): void {
  const only = columns.length === 1 ? (columns[0] ?? "") : "";
  const other = [";", "\t", "|", ","].find((mark) => mark !== delimiter && only.includes(mark));
  if (other === undefined) return;
  throw new CounterweightError(
    "data",
    `the header has one column only, ${visible(only.slice(0, 80))}.`,
    { where: file, fix: `If that is the delimiter, set delimiter: ${JSON.stringify(other)}.` },
  );
}

const isBlank = (record: readonly string[]): boolean => record.length === 1 && record[0] === "";

/**
 * Parses delimited text whose first line names the columns. Fields stay strings: "null", "NA" and
 * "007" are not interpreted. Line ends may be LF, CRLF or CR, also mixed. Only the columns that
 * `keep` names are held.
 * @param chunks the text in pieces, cut between any two characters.
 * @throws CounterweightError `data` for no header, broken quoting, or a row with too many or few fields.
 */
export async function parseCsv(
  chunks: AsyncIterable<string> | Iterable<string>,
  file: string,
  options: CsvOptions = {},
  keep: KeepColumns = () => undefined,
): Promise<RowSource> {
  const delimiter = options.delimiter ?? ",";
  checkDelimiter(delimiter, file);
  let columns: readonly string[] | undefined;
  let kept: readonly (readonly [string, number])[] = [];
  let blankLines = 0;
  let endLine = 0; // of the record before
  const store = columnStore();

  const addRecord = (record: readonly string[], line: number): void => {
    if (isBlank(record) && (columns === undefined || columns.length > 1)) {
      blankLines++;
    } else if (columns === undefined) {
      checkHeader(record, delimiter, file);
      const wanted = keep(record);
      columns = record;
      kept = [...new Map(record.map((name, index) => [name, index]))].filter(
        ([name]) => wanted === undefined || wanted.includes(name),
      );
    } else if (record.length !== columns.length) {
      throw new CounterweightError(
        "data",
        `the row has ${counted(record.length, "field")}, the header ${columns.length} (${listed(columns.map(visible))}).`,
        {
          where: placeOf(file, { row: store.rows() + 1, line }),
          fix: "Quote fields that hold the delimiter, or set the right delimiter; the last row may be cut off.",
        },
      );
    } else {
      store.add(
        line,
        kept.map(([name, index]) => [name, record[index]] as const),
      );
    }
  };
  const parser = parse({
    delimiter,
    quote: (options.quote ?? "double") === "double" ? '"' : null,
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true, // ragged rows are refused above, with a better message
    max_record_size: maxRecordBytes,
    on_record: (record: string[], { lines }) => {
      addRecord(record, endLine + 1);
      endLine = lines;
      return null;
    },
  });
  parser.resume(); // it gives nothing: on_record takes every record
  try {
    await pipeline(Readable.from(chunks), parser);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const row = columns === undefined ? 0 : store.rows() + 1;
    throw quotingError(error, file, { row, line: endLine + 1 });
  }
  if (columns === undefined) {
    throw new CounterweightError("data", "the file is empty.", {
      where: file,
      fix: "The first line must name the columns.",
    });
  }
  return store.finish(file, blankLines, columns);
}
