import { writeWhole } from "@counterweight/base";
import { stringify } from "csv-stringify/sync";

/** Cells of a few thousand rows; CSV writes undefined as an empty cell. */
export type CsvRow = readonly (string | number | undefined)[];

/** Writes a CSV file block by block, so that a million rows are never one string. */
export async function writeCsv(
  path: string,
  header: readonly string[],
  blocks: AsyncIterable<readonly CsvRow[]>,
): Promise<void> {
  await writeWhole(path, async (file) => {
    await file.writeFile(stringify([header]));
    for await (const rows of blocks) await file.writeFile(stringify([...rows]));
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
