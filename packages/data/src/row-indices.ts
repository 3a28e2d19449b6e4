import { CounterweightError } from "@counterweight/base";
import { readTextFile } from "./reading/read-text-file.js";
import { rowCount, select, type TextTable } from "./text-table.js";

/**
 * Parses a JSON array of 0-based row indices, `[0, 5, 3]`, for a table of `rows` rows.
 * @throws CounterweightError `data` for anything that is not a list of integers in range, or repeats.
 */
export function parseRowIndices(text: string, rows: number, file: string): Int32Array {
  const refuse = (what: string, cause?: unknown): never => {
    throw new CounterweightError("data", what, {
      where: file,
      fix: `Write a JSON list of different 0-based row indices below ${rows}, such as [0, 5, 3].`,
      ...(cause === undefined ? {} : { cause }),
    });
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return refuse("the file is not JSON.", cause);
  }
  if (!Array.isArray(value)) return refuse("needed a list of row indices.");
  const items: readonly unknown[] = value;
  if (items.length === 0) return refuse("the list is empty.");
  const seen = new Map<number, number>();
  for (const [place, item] of items.entries()) {
    if (typeof item !== "number" || !Number.isInteger(item)) {
      return refuse(`entry ${place} is ${JSON.stringify(item)}, not an integer.`);
    }
    if (item < 0 || item >= rows) {
      return refuse(`entry ${place} is ${item}, but the table has ${rows} rows.`);
    }
    const earlier = seen.get(item);
    if (earlier !== undefined)
      return refuse(`row ${item} is there twice (entries ${earlier} and ${place}).`);
    seen.set(item, place);
  }
  return Int32Array.from(seen.keys());
}

/** Reads a file of row indices (see `parseRowIndices`) and selects those rows, in the file's order. */
export async function selectByFile(table: TextTable, path: string): Promise<TextTable> {
  return select(table, parseRowIndices(await readTextFile(path), rowCount(table), path));
}
