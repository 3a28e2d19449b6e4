import { at, CounterweightError } from "@counterweight/base";
import type { DatasetFiles, DatasetSplit } from "@counterweight/hub";
import { type ReadTableOptions, readColumns, tableWithDrops } from "../reading/read-table.js";
import type { FieldValue } from "../reading/records.js";
import type { RowSource } from "../reading/row-source.js";
import type { ReadTable } from "../reading/table-from-records.js";
import { textChunks } from "../reading/text-chunks.js";
import { listed, visible } from "../reading/visible.js";

/** Many data sets of the hub hold JSON Lines in files named .json: the first sign tells. */
async function formatInside(path: string, reading: ReadTableOptions): Promise<ReadTableOptions> {
  if (reading.format !== undefined || !/\.json(?:\.gz)?$/i.test(path)) return reading;
  for await (const chunk of textChunks(path, reading)) {
    const first = chunk.trimStart().charAt(0);
    if (first !== "") return first === "{" ? { ...reading, format: "jsonl" } : reading;
  }
  return reading;
}

/** The rows of several files one after the other; rows are counted through. */
function joined(sources: readonly RowSource[], file: string): RowSource {
  const [first, ...others] = sources;
  if (first === undefined) throw new CounterweightError("internal", `${file}: no file was read`);
  if (others.length === 0) return { ...first, file };
  const odd = others.find(({ columns }) => columns.join("\n") !== first.columns.join("\n"));
  if (odd !== undefined) {
    throw new CounterweightError(
      "data",
      `its columns are ${listed(odd.columns.map(visible))}, those of ${first.file} are ${listed(first.columns.map(visible))}.`,
      {
        where: odd.file,
        fix: "Fetch the files yourself, make them alike, and use the benchmark files.",
      },
    );
  }
  const values = new Map<string, readonly FieldValue[]>();
  return {
    file,
    columns: first.columns,
    rows: sources.reduce((sum, { rows }) => sum + rows, 0),
    blankLines: sources.reduce((sum, { blankLines }) => sum + blankLines, 0),
    place: (index) => ({ row: index + 1 }),
    column: (name) => {
      const known = values.get(name);
      if (known !== undefined) return known;
      const column: FieldValue[] = [];
      for (const source of sources) {
        const part = source.column(name);
        for (let row = 0; row < source.rows; row++) column.push(part[row]);
      }
      values.set(name, column);
      return column;
    },
    ...(first.classNames === undefined ? {} : { classNames: first.classNames }),
  };
}

/**
 * Reads one split of a data set of the hub, all its files together. Integer labels keep the names
 * that the files, else README.md, give them. The table's `file` names data set, commit and file, and
 * no path of this machine.
 */
export async function readHubSplit(
  id: string,
  dataset: DatasetFiles,
  split: DatasetSplit,
  reading: ReadTableOptions,
): Promise<ReadTable> {
  const sources: RowSource[] = [];
  for (const path of split.files) {
    sources.push(await readColumns(path, await formatInside(path, reading)));
  }
  const count = split.hubFiles.length;
  const name = count === 1 ? at(split.hubFiles, 0) : `${split.split} (${count} files)`;
  const file = `${id}@${dataset.revision.slice(0, 12)}/${name}`;
  const source = joined(sources, file);
  const ofCard = (column: string): readonly string[] | undefined =>
    Object.hasOwn(dataset.classNames, column) ? dataset.classNames[column] : undefined;
  const classNames = (column: string): readonly string[] | undefined =>
    source.classNames?.(column) ?? ofCard(column);
  return tableWithDrops({ ...source, classNames }, reading);
}
