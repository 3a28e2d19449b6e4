import { CounterweightError } from "@counterweight/base";
import { type FieldValue, placeOf, type RecordFile, type SourceRecord } from "./records.js";

const kindOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`;

/** Own properties only: a key such as "__proto__" is data, never a prototype. */
function toRecord(
  value: unknown,
  file: string,
  place: { row: number; line?: number },
): SourceRecord & { keys: string[] } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CounterweightError("data", `needed an object, got ${kindOf(value)}.`, {
      where: placeOf(file, place),
      fix: 'Write each row as an object, such as {"text": "...", "label": "..."}.',
    });
  }
  const fields = new Map<string, FieldValue>(Object.entries(value));
  return { ...place, get: (column) => fields.get(column), keys: [...fields.keys()] };
}

function toFile(
  file: string,
  rows: (SourceRecord & { keys: string[] })[],
  blankLines: number,
): RecordFile {
  const columns = [...new Set(rows.flatMap((row) => row.keys))];
  return { file, columns, records: rows, blankLines };
}

/**
 * Parses JSON Lines: one object a line. Keys may differ from row to row.
 * @throws CounterweightError `data` with the line that is not JSON or not an object.
 */
export function parseJsonLines(text: string, file: string): RecordFile {
  const rows: (SourceRecord & { keys: string[] })[] = [];
  let blankLines = 0;
  const lines = text.split("\n"); // JSON forbids a raw line feed inside a string
  if (lines.at(-1) === "") lines.pop();
  lines.forEach((content, index) => {
    if (content.trim() === "") {
      blankLines++;
      return;
    }
    const place = { row: rows.length + 1, line: index + 1 };
    let value: unknown;
    try {
      value = JSON.parse(content);
    } catch (cause) {
      throw new CounterweightError("data", `the line is not JSON.`, {
        where: placeOf(file, place),
        fix: "Write one complete JSON object on each line; a file that is one list is read as .json.",
        cause,
      });
    }
    rows.push(toRecord(value, file, place));
  });
  return toFile(file, rows, blankLines);
}

/**
 * Parses a JSON file that is one list of objects.
 * @throws CounterweightError `data` when it is not JSON, not a list, or an entry is no object.
 */
export function parseJsonList(text: string, file: string): RecordFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CounterweightError("data", "the file is not JSON.", {
      where: file,
      fix: "A file with one JSON object a line must end in .jsonl (or set format: jsonl).",
      cause,
    });
  }
  if (!Array.isArray(value)) {
    throw new CounterweightError("data", `needed a list of objects, got ${kindOf(value)}.`, {
      where: file,
      fix: 'Write the rows as [{"text": "...", "label": "..."}, ...].',
    });
  }
  return toFile(
    file,
    value.map((item: unknown, index) => toRecord(item, file, { row: index + 1 })),
    0,
  );
}
