import { CounterweightError } from "@counterweight/base";
import type { Benchmark } from "../benchmark.js";
import { type ReadTableOptions, readTable } from "../reading/read-table.js";
import type { ReadTable } from "../reading/table-from-records.js";
import { listed } from "../reading/visible.js";
import { selectByFile } from "../row-indices.js";
import { stratifiedSplit } from "../splits.js";
import { rowCount, type TextTable } from "../text-table.js";
import type { LoadedBenchmark } from "./benchmark-source.js";
import { joinLabels } from "./join-labels.js";

/** Real rows as three files, or as one file divided by shares or by files of row indices. */
export type RealFiles =
  | { readonly train: string; readonly validation: string; readonly test: string }
  | { readonly real: string; readonly shares: SplitShares; readonly splitSeed: number }
  | { readonly real: string; readonly rows: { readonly [R in RealRole]: string } };

type RealRole = "train" | "validation" | "test";
/** The roles of real rows. */
export const realRoles: readonly RealRole[] = ["train", "validation", "test"];
type SplitShares = { readonly [R in RealRole]: number };

/** Options of the benchmark `files`. */
export interface FilesOptions {
  /** The benchmark's name in tables. */
  readonly name: string;
  readonly realFiles: RealFiles;
  /** File of generated rows. */
  readonly generated: string;
  /** How the real files are read. */
  readonly reading: ReadTableOptions;
  /** How the generated file is read. */
  readonly generatedReading: ReadTableOptions;
}

/** Reads one file, its classes as yet its own unless `labelNames` gives them. */
function readFile(path: string, reading: ReadTableOptions, name: string): Promise<ReadTable> {
  const requireTwoClasses = reading.labelNames !== undefined;
  return readTable(path, { ...reading, name, requireTwoClasses });
}

/** Reads users' files as a benchmark; the classes are those of `labelNames`, or all labels found, sorted. */
export async function loadFiles(options: FilesOptions): Promise<LoadedBenchmark> {
  const { realFiles, name, reading, generatedReading } = options;
  if (reading.columns?.weight !== undefined) {
    throw new CounterweightError("spec", "columns: a weight is given for real rows.", {
      where: `benchmark ${name}`,
      fix: "Weights count in training, so give the column under generatedColumns; to leave a real row out, remove it.",
    });
  }
  const paths = "real" in realFiles ? [realFiles.real] : realRoles.map((role) => realFiles[role]);
  const tableNames = "real" in realFiles ? ["real"] : realRoles;
  // One file after the other: what one needs while it is read is gone before the next.
  const read: ReadTable[] = [];
  for (const [index, path] of paths.entries()) {
    read.push(await readFile(path, reading, `${name}/${tableNames[index] ?? "real"}`));
  }
  read.push(await readFile(options.generated, generatedReading, `${name}/generated`));
  const notes = read.flatMap((table) => table.notes);
  const tables =
    reading.labelNames === undefined ? joinLabels(read) : read.map(({ table }) => table);
  const generated = tables.at(-1);
  if (generated === undefined) throw new CounterweightError("internal", "files: nothing was read");
  const { labelNames } = generated;

  const real = await divide(tables.slice(0, -1), realFiles);
  if ("shares" in realFiles) {
    const sizes = realRoles.map((role) => `${role} ${rowCount(real[role])}`);
    notes.push(`${realFiles.real}: split by seed ${realFiles.splitSeed} into ${listed(sizes)}`);
  }
  const benchmark: Benchmark = { name, labelNames, ...real, generated };
  const pairs = new Set(tables.map((table) => table.textPair !== undefined));
  if (pairs.size > 1) {
    throw new CounterweightError(
      "data",
      "some files were read as text pairs, others as single texts.",
      {
        where: name,
        fix: `Set columns and generatedColumns (textPair: null for none). Read: ${notes.join(" | ")}.`,
      },
    );
  }
  return { benchmark, notes };
}

async function divide(
  tables: readonly TextTable[],
  realFiles: RealFiles,
): Promise<{ [R in RealRole]: TextTable }> {
  const [first, second, third] = tables;
  if (first === undefined)
    throw new CounterweightError("internal", "files: no real table was read");
  if ("shares" in realFiles) {
    const { train, validation, test } = realFiles.shares; // one key order: the split depends on it
    return stratifiedSplit(first, {
      shares: { train, validation, test },
      seed: realFiles.splitSeed,
    });
  }
  if ("rows" in realFiles) {
    const { rows } = realFiles;
    return {
      train: await selectByFile(first, rows.train),
      validation: await selectByFile(first, rows.validation),
      test: await selectByFile(first, rows.test),
    };
  }
  return { train: first, validation: second ?? first, test: third ?? first };
}
