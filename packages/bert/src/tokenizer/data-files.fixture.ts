import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Texts of one file (or column of it), second texts where rows are pairs. */
interface Texts {
  readonly texts: readonly string[];
  readonly pairs?: readonly string[];
}

type Row = Readonly<Record<string, unknown>>;
const field = (row: Row, name: string): string => String(row[name]);

/** RFC 4180: quoted fields may hold commas, line ends and doubled quotes. */
function parseCsv(text: string): Row[] {
  const records: string[][] = [[]];
  for (const match of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    const [whole, quoted, plain, end] = match;
    if (whole === "") break;
    records.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end !== ",") records.push([]);
  }
  const [header = [], ...rows] = records.filter((record) => record.length > 0);
  return rows.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index]])));
}

/**
 * Reads `file` (a path below `data/`, with `#column` where it has columns) as
 * `scripts/golden/tokenizer.py` does: fields as they stand, nothing trimmed.
 */
export function readTexts(data: string, file: string): Texts {
  const [name = "", column = ""] = file.split("#");
  const bytes = readFileSync(join(data, name));
  if (name.endsWith(".csv"))
    return { texts: parseCsv(bytes.toString()).map((row) => field(row, column)) };
  if (name.endsWith(".json")) {
    const rows: Row[] = JSON.parse(bytes.toString());
    if (column !== "") return { texts: rows.map((row) => field(row, column)) };
    return {
      texts: rows.map((row) => field(row, "text1")),
      pairs: rows.map((row) => field(row, "text2")),
    };
  }
  const phraseBank = name.includes("Sentences_");
  const lines = bytes
    .toString(phraseBank ? "latin1" : "utf8")
    .split(/\r?\n/)
    .filter((line) => line !== "");
  if (phraseBank) return { texts: lines.map((line) => line.slice(0, line.lastIndexOf("@"))) };
  if (!name.startsWith("mrpc/")) return { texts: lines };
  const columns = lines.slice(1).map((line) => line.split("\t"));
  return { texts: columns.map((row) => row[3] ?? ""), pairs: columns.map((row) => row[4] ?? "") };
}
