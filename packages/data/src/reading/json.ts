import { CounterweightError } from "@counterweight/base";
import { type JsonElement, jsonElements } from "./json-elements.js";
import { type FieldValue, placeOf } from "./records.js";
import { columnStore, type RowSource } from "./row-source.js";

type Place = { readonly row: number; readonly line: number };
type Chunks = AsyncIterable<string> | Iterable<string>;

/** Characters of the longest line, 64 Mi: beyond, the file has no lines. */
const maxLine = 1 << 26;

const kindOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`;

function parseRow(content: string, file: string, place: Place, fix: string): unknown {
  try {
    return JSON.parse(content);
  } catch (cause) {
    const odd = /[:[,]\s*(-?(?:NaN|Infinity))\b/.exec(content)?.[1];
    throw new CounterweightError(
      "data",
      `the ${odd === undefined ? "row" : `row holds ${odd}, so it`} is not JSON.`,
      {
        where: placeOf(file, place),
        fix: odd === undefined ? fix : `Write a string or null in place of ${odd}.`,
        cause,
      },
    );
  }
}

/** The entries of a row; own properties only, so that a key such as "__proto__" is data. */
function entriesOf(value: unknown, file: string, place: Place): [string, FieldValue][] {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.entries(value);
  }
  throw new CounterweightError("data", `needed an object, got ${kindOf(value)}.`, {
    where: placeOf(file, place),
    fix: 'Write each row as an object, such as {"text": "...", "label": "..."}.',
  });
}

/** Whole lines, as many at a time as a piece ends: a wait for each line would cost more than its parsing. */
async function* linesOf(chunks: Chunks, file: string): AsyncGenerator<readonly string[]> {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n"); // JSON forbids a raw line feed inside a string
    rest = lines.pop() ?? "";
    yield lines;
    if (rest.length > maxLine) {
      throw new CounterweightError("data", `a line has more than ${maxLine} characters.`, {
        where: file,
        fix: "Write one JSON object on each line; a file that is one list is read with format: json.",
      });
    }
  }
  if (rest !== "") yield [rest];
}

/** Adds one object to the rows; `fix` is for text that is no JSON. */
function addObject(
  store: ReturnType<typeof columnStore>,
  { content, line }: JsonElement,
  file: string,
  fix: string,
): void {
  const place = { row: store.rows() + 1, line };
  store.add(line, entriesOf(parseRow(content, file, place, fix), file, place));
}

/**
 * Parses JSON Lines: one object a line. Keys may differ from row to row. Only the columns in `keep`
 * (default: all) are held.
 * @param chunks the text in pieces, cut between any two characters.
 * @throws CounterweightError `data` with the line that is not JSON or not an object.
 */
export async function parseJsonLines(
  chunks: Chunks,
  file: string,
  keep?: readonly string[],
): Promise<RowSource> {
  const store = columnStore(keep);
  let line = 0;
  let blankLines = 0;
  const addLine = (content: string): void => {
    line++;
    if (content.trim() === "") {
      blankLines++;
      return;
    }
    addObject(
      store,
      { content, line },
      file,
      "Write one complete JSON object on each line; a file that is one list is read as .json.",
    );
  };
  for await (const lines of linesOf(chunks, file)) lines.forEach(addLine);
  return store.finish(file, blankLines);
}

/**
 * Parses JSON that is one list of objects, entry by entry: the list is never one string. Only the
 * columns in `keep` (default: all) are held.
 * @param chunks the text in pieces, cut between any two characters.
 * @throws CounterweightError `data` when it is not JSON, not a list, cut off, or an entry is no object.
 */
export async function parseJsonList(
  chunks: Chunks,
  file: string,
  keep?: readonly string[],
): Promise<RowSource> {
  const store = columnStore(keep);
  const addElement = (element: JsonElement): void =>
    addObject(
      store,
      element,
      file,
      "Separate the objects of the list by one comma each; a file with one object a line is read with format: jsonl.",
    );
  for await (const elements of jsonElements(chunks, file)) elements.forEach(addElement);
  return store.finish(file, 0);
}
