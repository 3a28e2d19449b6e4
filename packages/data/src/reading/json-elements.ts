import { CounterweightError } from "@counterweight/base";
import { placeOf } from "./records.js";

/** One entry of a JSON list, as written. */
export interface JsonElement {
  readonly content: string;
  /** 1-based line on which it begins. */
  readonly line: number;
}

/** Characters of the longest entry, 64 Mi. */
const maxElement = 1 << 26;
const listFix = 'Write the rows as [{"text": "...", "label": "..."}, ...]';
const linesFix = "a file with one object a line must end in .jsonl (or set format: jsonl).";

function noList(text: string, file: string): CounterweightError {
  const first = text.charAt(0);
  const kind = first === "{" ? "an object" : first === '"' ? "a string" : undefined;
  return kind === undefined
    ? new CounterweightError("data", "the file is not JSON: it does not begin with [.", {
        where: file,
        fix: `${listFix}; set format if it is no JSON.`,
      })
    : new CounterweightError("data", `needed a list of objects, got ${kind}.`, {
        where: file,
        fix: `${listFix}; ${linesFix}`,
      });
}

/**
 * Cuts the text of one JSON list into its entries (those that end in a piece come together) without parsing them: brackets and strings are
 * followed, all else is left to `JSON.parse` of each entry.
 * @param chunks the text in pieces, cut between any two characters.
 * @throws CounterweightError `data` for no list, a list that does not end, and text behind it.
 */
export async function* jsonElements(
  chunks: AsyncIterable<string> | Iterable<string>,
  file: string,
): AsyncGenerator<readonly JsonElement[]> {
  let state: "before" | "inside" | "behind" = "before";
  let depth = 0; // of brackets inside the entry
  let inString = false;
  let escaped = 0; // characters to pass at the start of the next piece
  let pending = ""; // of the entry, from the pieces before
  let line = 1;
  let elementLine = 1;
  let count = 0;
  const broken = (what: string, fix: string): CounterweightError =>
    new CounterweightError("data", what, { where: placeOf(file, { row: count + 1, line }), fix });
  const next = (content: string): JsonElement => {
    const blank = content.length - content.trimStart().length;
    const skipped = content.slice(0, blank).split("\n").length - 1;
    count++;
    return { content, line: elementLine + skipped };
  };

  for await (const chunk of chunks) {
    const elements: JsonElement[] = [];
    let start = 0; // of the entry in this piece
    let at = escaped;
    escaped = 0;
    const marks = /["[\]{},\n]/g;
    const ends = /["\\]/g;
    if (state !== "inside") {
      const text = chunk.trimStart();
      if (text === "") {
        line += chunk.split("\n").length - 1;
        continue;
      }
      if (state === "behind") throw broken("text follows the end of the list.", listFix);
      if (text.charAt(0) !== "[") throw noList(text, file);
      at = chunk.indexOf("[") + 1;
      line += chunk.slice(0, at).split("\n").length - 1;
      start = at;
      elementLine = line;
      state = "inside";
    }
    for (;;) {
      const search = inString ? ends : marks;
      search.lastIndex = at;
      const found = search.exec(chunk);
      if (found === null) break;
      const mark = found[0];
      at = found.index + 1;
      if (mark === "\\") at++;
      else if (mark === '"') inString = !inString;
      else if (mark === "\n") line++;
      else if (mark === "[" || mark === "{") depth++;
      else if (depth > 0) depth -= mark === "," ? 0 : 1;
      else if (mark === "}") throw broken("a } closes nothing.", "Check the brackets there.");
      else {
        const content = pending + chunk.slice(start, found.index);
        const empty = content.trim() === "";
        pending = "";
        start = at;
        if (empty && (mark === "," || count > 0)) {
          throw broken("a comma has no row beside it.", "Remove the comma.");
        }
        if (!empty) elements.push(next(content));
        elementLine = line;
        if (mark === "]") {
          state = "behind";
          if (chunk.slice(at).trim() !== "") {
            throw broken("text follows the end of the list.", `${listFix}, nothing behind.`);
          }
          break;
        }
      }
    }
    yield elements;
    if (state === "behind") continue;
    escaped = Math.max(0, at - chunk.length);
    pending += chunk.slice(start);
    if (pending.length > maxElement) {
      throw broken(
        `a row has more than ${maxElement} characters.`,
        "Check the brackets and quotes.",
      );
    }
  }
  if (state === "before") throw broken("the file is empty.", `${listFix}.`);
  if (state === "inside") {
    throw broken(
      "the file is not whole JSON: it ends before its list does.",
      "Fetch or write the file again; it seems cut off.",
    );
  }
}
