import { CounterweightError } from "@counterweight/base";
import { placeOf, type RecordFile, type SourceRecord } from "./records.js";
import { counted, listed, visible } from "./visible.js";

/**
 * Parses tab-separated text **without quoting**: a quote is a character like any other, and each
 * line is one row. Line ends may be LF or CRLF; a byte-order mark and blank lines are no data.
 * @param columns names of the fields; without, the first line names them.
 * @throws CounterweightError `data` for no header, or a row with too many or too few fields.
 */
export function parsePlainTsv(text: string, file: string, columns?: readonly string[]): RecordFile {
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\n/);
  if (lines.at(-1) === "") lines.pop();
  const header = columns ?? lines.shift()?.split("\t");
  if (header === undefined) {
    throw new CounterweightError("data", "the file is empty.", {
      where: file,
      fix: "The first line must name the columns.",
    });
  }
  const firstLine = columns === undefined ? 2 : 1;
  const position = new Map(header.map((name, index) => [name, index]));
  const records: SourceRecord[] = [];
  let blankLines = 0;
  lines.forEach((content, index) => {
    if (content === "") {
      blankLines++;
      return;
    }
    const fields = content.split("\t");
    const place = { row: records.length + 1, line: firstLine + index };
    if (fields.length !== header.length) {
      throw new CounterweightError(
        "data",
        `the row has ${counted(fields.length, "field")}, needed ${header.length} (${listed(header.map(visible))}).`,
        { where: placeOf(file, place), fix: "Separate the fields by one tab each." },
      );
    }
    const get = (column: string): string | undefined => {
      const field = position.get(column);
      return field === undefined ? undefined : fields[field];
    };
    records.push({ ...place, get });
  });
  return { file, columns: header, records, blankLines };
}
