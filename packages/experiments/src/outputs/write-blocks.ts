import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { stringify } from "csv-stringify/sync";

/** Cells of a few thousand rows; CSV writes undefined as an empty cell. */
export type CsvRow = readonly (string | number | undefined)[];

/**
 * Opens a temporary file beside `path`, lets `write` fill it, syncs it and renames it: `path` holds
 * all of it or what it held before.
 */
export async function writeWhole(
  path: string,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const file = await open(temporary, "w");
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Writes a CSV file block by block, so that a million rows are never one string. */
export async function writeCsv(
  path: string,
  header: readonly string[],
  blocks: Iterable<readonly CsvRow[]>,
): Promise<void> {
  await writeWhole(path, async (file) => {
    await file.writeFile(stringify([header]));
    for (const rows of blocks) await file.writeFile(stringify([...rows]));
  });
}

/** Rows of a block: some megabytes of text. */
export const blockRows = 10_000;

/** Row ranges `[first, end)` of blocks that together are `rows` rows. */
export function* blocksOf(rows: number): Generator<readonly [number, number]> {
  for (let first = 0; first < rows; first += blockRows) {
    yield [first, Math.min(first + blockRows, rows)];
  }
}
