import { at, CounterweightError } from "@counterweight/base";
import { CsvError, parse } from "csv-parse/sync";
import { placeOf, type RecordFile, type SourceRecord } from "./records.js";
import { counted, listed, visible } from "./visible.js";

/** How a delimited file is written. */
export interface CsvOptions {
  /** One character between fields. Default: a comma. */
  readonly delimiter?: string;
  /** `"double"`: fields may stand in double quotes (RFC 4180). `"none"`: a quote is a character like any other. */
  readonly quote?: "double" | "none";
}

interface RawRecord {
  readonly record: readonly string[];
  readonly lines: number;
}

function parseRecords(text: string, file: string, options: CsvOptions): RawRecord[] {
  const quote = options.quote ?? "double";
  const delimiter = options.delimiter ?? ",";
  if (!/^[^"\r\n]$/u.test(delimiter)) {
    throw new CounterweightError(
      "data",
      `the delimiter ${JSON.stringify(delimiter)} is not one character.`,
      {
        where: file,
        fix: 'Give one character, such as ";", other than a quote or a line end.',
      },
    );
  }
  const raw: RawRecord[] = [];
  try {
    parse(text, {
      delimiter,
      quote: quote === "double" ? '"' : null,
      record_delimiter: ["\r\n", "\n", "\r"],
      relax_column_count: true, // ragged rows are refused below, with a better message
      on_record: (record: string[], { lines }) => {
        raw.push({ record, lines });
        return null;
      },
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new CounterweightError("data", `broken quoting: ${csvProblem(cause.code)}.`, {
      where: `${file}, row ${Math.max(1, raw.length)} (near line ${String(cause.lines ?? "?")})`,
      fix: 'Double each quote inside a quoted field; or set quote: "none" if quotes mean nothing here.',
      cause,
    });
  }
  return raw;
}

function csvProblem(code: string): string {
  if (code === "CSV_QUOTE_NOT_CLOSED") return "a quoted field never ends";
  if (code === "INVALID_OPENING_QUOTE") return "a quote stands inside an unquoted field";
  if (code === "CSV_INVALID_CLOSING_QUOTE") return "text follows a closing quote";
  return code;
}

const isBlank = (record: readonly string[]): boolean => record.length === 1 && record[0] === "";

/**
 * Parses delimited text whose first line names the columns. Fields stay strings: "null", "NA" and
 * "007" are not interpreted. Line ends may be LF, CRLF or CR, also mixed.
 * @throws CounterweightError `data` for no header, broken quoting, or a row with too many or few fields.
 */
export function parseCsv(text: string, file: string, options: CsvOptions = {}): RecordFile {
  const raw = parseRecords(text, file, options);
  const headerAt = raw.findIndex(({ record }) => !isBlank(record));
  const header = raw[headerAt];
  if (header === undefined) {
    throw new CounterweightError("data", "the file is empty.", {
      where: file,
      fix: "The first line must name the columns.",
    });
  }
  const columns = header.record;
  const position = new Map(columns.map((name, index) => [name, index]));
  const records: SourceRecord[] = [];
  let blankLines = headerAt;
  for (let index = headerAt + 1; index < raw.length; index++) {
    const { record } = at(raw, index);
    const line = at(raw, index - 1).lines + 1;
    if (isBlank(record) && columns.length > 1) {
      blankLines++;
      continue;
    }
    const place = { row: records.length + 1, line };
    if (record.length !== columns.length) {
      throw new CounterweightError(
        "data",
        `the row has ${counted(record.length, "field")}, the header ${columns.length} (${listed(columns.map(visible))}).`,
        {
          where: placeOf(file, place),
          fix: "Quote fields that hold the delimiter, or set the right delimiter.",
        },
      );
    }
    const get = (column: string): string | undefined => {
      const at = position.get(column);
      return at === undefined ? undefined : record[at];
    };
    records.push({ ...place, get });
  }
  return { file, columns, records, blankLines };
}
