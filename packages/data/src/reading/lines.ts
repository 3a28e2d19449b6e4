import { at, CounterweightError } from "@counterweight/base";
import { readTextFile } from "./read-text-file.js";
import type { RecordFile } from "./records.js";

/** The lines of a text; a line feed at its end begins no further line. */
function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/**
 * Reads two files with one text and one label a line each (as TweetEval publishes them) as records
 * with the columns `text` and `label`.
 * @throws CounterweightError `data` when the two have different numbers of lines.
 */
export async function readLinePairs(textPath: string, labelPath: string): Promise<RecordFile> {
  const texts = splitLines(await readTextFile(textPath));
  const labels = splitLines(await readTextFile(labelPath));
  if (texts.length !== labels.length) {
    throw new CounterweightError(
      "data",
      `${texts.length} lines of text, but ${labels.length} labels in ${labelPath}.`,
      { where: textPath, fix: "Fetch both files again: each line needs its label." },
    );
  }
  const records = texts.map((text, index) => ({
    row: index + 1,
    line: index + 1,
    get: (column: string): string | undefined =>
      column === "text" ? text : column === "label" ? at(labels, index) : undefined,
  }));
  return { file: textPath, columns: ["text", "label"], records, blankLines: 0 };
}
