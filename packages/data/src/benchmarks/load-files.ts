import { CounterweightError } from "@counterweight/base";
import type { Benchmark } from "../benchmark.js";
import { checkLabelSetsAgree } from "../guards.js";
import { sortLabels } from "../reading/labels.js";
import { type ReadTableOptions, readRecords, tableWithDrops } from "../reading/read-table.js";
import type { RecordFile } from "../reading/records.js";
import { type ReadTable, tableFromRecords } from "../reading/table-from-records.js";
import { listed } from "../reading/visible.js";
import { selectByFile } from "../row-indices.js";
import { stratifiedSplit } from "../splits.js";
import { rowCount, type TextTable } from "../text-table.js";
import type { LoadedBenchmark } from "./benchmark-source.js";

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

/** The labels of several files as classes, one order for all; real and generated must agree. */
function inferLabelNames(
  real: readonly RecordFile[],
  generated: RecordFile,
  options: FilesOptions,
): readonly string[] {
  const labelsOf = (source: RecordFile, reading: ReadTableOptions): readonly string[] =>
    tableFromRecords(source, { ...reading, requireTwoClasses: false }).table.labelNames;
  const realLabels = new Set(real.flatMap((source) => labelsOf(source, options.reading)));
  const generatedLabels = new Set(labelsOf(generated, options.generatedReading));
  checkLabelSetsAgree(
    { place: `the real rows (${real.map(({ file }) => file).join(", ")})`, labels: realLabels },
    { place: `the generated rows (${generated.file})`, labels: generatedLabels },
  );
  return sortLabels(realLabels);
}

/** Reads users' files as a benchmark; the classes are those of `labelNames`, or all labels found, sorted. */
export async function loadFiles(options: FilesOptions): Promise<LoadedBenchmark> {
  const { realFiles, name } = options;
  const paths = "real" in realFiles ? [realFiles.real] : realRoles.map((role) => realFiles[role]);
  const realSources = await Promise.all(paths.map((path) => readRecords(path, options.reading)));
  const generatedSource = await readRecords(options.generated, options.generatedReading);
  const labelNames =
    options.reading.labelNames ?? inferLabelNames(realSources, generatedSource, options);

  const read = (source: RecordFile, reading: ReadTableOptions, tableName: string): ReadTable =>
    tableWithDrops(source, { ...reading, labelNames, name: `${name}/${tableName}` });
  const generated = read(generatedSource, options.generatedReading, "generated");
  const tableNames = "real" in realFiles ? ["real"] : realRoles;
  const real = realSources.map((source, index) =>
    read(source, options.reading, tableNames[index] ?? "real"),
  );
  const notes = [...real, generated].flatMap((table) => table.notes);
  const tables = await divide(
    real.map(({ table }) => table),
    realFiles,
  );
  if ("shares" in realFiles) {
    const sizes = realRoles.map((role) => `${role} ${rowCount(tables[role])}`);
    notes.push(`${realFiles.real}: split by seed ${realFiles.splitSeed} into ${listed(sizes)}`);
  }
  const benchmark: Benchmark = { name, labelNames, ...tables, generated: generated.table };
  const pairs = new Set(
    [...Object.values(tables), generated.table].map((table) => table.textPair !== undefined),
  );
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
