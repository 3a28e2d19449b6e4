import { CounterweightError } from "@counterweight/base";
import { placeOf, type RecordFile, type SourceRecord } from "./records.js";
import { counted, listed, visible } from "./visible.js";

/**
 * Parses tab-separated text **without a header and without quoting**: a quote is a character like
 * any other, and `columns` names the fields. Line ends may be LF or CRLF; blank lines are no rows.
 * (A file with a header is read by `parseCsv` with a tab and `quote: "none"`.)
 * @throws CounterweightError `data` for a row with too many or too few fields.
 */
export function parsePlainTsv(text: string, file: string, columns: readonly string[]): RecordFile {
  const position = new Map(columns.map((name, index) => [name, index]));
  const records: SourceRecord[] = [];
  const lines = text.split(/\r\n|\n/);
  if (lines.at(-1) === "") lines.pop();
  let blankLines = 0;
  lines.forEach((content, index) => {
    if (content === "") {
      blankLines++;
      return;
    }
    const fields = content.split("\t");
    const place = { row: records.length + 1, line: index + 1 };
    if (fields.length !== columns.length) {
      throw new CounterweightError(
        "data",
        `the row has ${counted(fields.length, "field")}, needed ${columns.length} (${listed(columns.map(visible))}).`,
        { where: placeOf(file, place), fix: "Separate the fields by one tab each." },
      );
    }
    const get = (column: string): string | undefined => {
      const field = position.get(column);
      return field === undefined ? undefined : fields[field];
    };
    records.push({ ...place, get });
  });
  return { file, columns, records, blankLines };
}
