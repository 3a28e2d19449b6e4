import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import type { Benchmark } from "../benchmark.js";
import { describeTable } from "../describe-table.js";
import { type DropKind, dropKinds } from "../reading/drops.js";
import { parsePlainTsv } from "../reading/plain-tsv.js";
import { readTable } from "../reading/read-table.js";
import { readTextFile } from "../reading/read-text-file.js";
import { placeOf, type RecordFile, type SourceRecord } from "../reading/records.js";
import { type ReadTable, tableFromRecords } from "../reading/table-from-records.js";
import { counted, listed, visible } from "../reading/visible.js";
import type { BenchmarkSource, LoadedBenchmark } from "./benchmark-source.js";
import { type OptionShapes, readOptions } from "./options.js";

/** Generated sources of MRPC by name. */
export type MrpcSource = "ctrl_zero-shot" | "ctrl_few-shot";

/** The generated sources' names. */
export const mrpcSources: readonly MrpcSource[] = ["ctrl_zero-shot", "ctrl_few-shot"];

/** Options of the benchmark `mrpc`. */
export interface MrpcOptions {
  /** Folder that holds `real/` and `generated/`. */
  readonly folder: string;
  /** Which generated rows. */
  readonly generated: MrpcSource;
  /** Kinds of generated rows to leave out. Default: none. */
  readonly drop?: readonly DropKind[];
}

/** GLUE's class order: 0 not a paraphrase, 1 paraphrase; the names are those of the Hub's GLUE. */
const labelNames = ["not_equivalent", "equivalent"];

const firstId = "#1 ID";
const secondId = "#2 ID";
const pairColumns = { text: "#1 String", textPair: "#2 String", label: "Quality" };

const idOf = (record: SourceRecord): string =>
  `${String(record.get(firstId))} ${String(record.get(secondId))}`;

/** Reads a published file: a header, tabs, a byte-order mark, and quotes that are characters. */
async function readPublished(folder: string, name: string): Promise<RecordFile> {
  const file = join(folder, "real", name);
  const source = parsePlainTsv(await readTextFile(file), file);
  const missing = [firstId, secondId].find((column) => !source.columns.includes(column));
  if (missing === undefined) return source;
  throw new CounterweightError(
    "data",
    `no column ${visible(missing)}; the columns are ${listed(source.columns.map(visible))}.`,
    { where: file, fix: "Use the file as published, with its header." },
  );
}

/**
 * Divides the published training rows as GLUE does: validation are the pairs that `dev` names by
 * their two sentence numbers, train the others, each in file order.
 * @throws CounterweightError `data` for a row of `dev` that names no pair, or one named before.
 */
function divideByIds(
  source: RecordFile,
  dev: RecordFile,
): { readonly train: RecordFile; readonly validation: RecordFile } {
  const known = new Set(source.records.map(idOf));
  const named = new Set<string>();
  for (const record of dev.records) {
    const id = idOf(record);
    if (!known.has(id) || named.has(id)) {
      throw new CounterweightError(
        "data",
        known.has(id)
          ? `the pair ${visible(id)} is named a second time.`
          : `the pair ${visible(id)} is no pair of ${source.file}.`,
        {
          where: placeOf(dev.file, record),
          fix: "Use dev_ids.tsv and msr_paraphrase_train.txt as published, complete.",
        },
      );
    }
    named.add(id);
  }
  const part = (inDev: boolean): RecordFile => ({
    ...source,
    records: source.records.filter((record) => named.has(idOf(record)) === inDev),
  });
  return { train: part(false), validation: part(true) };
}

/** Reads MRPC's real rows in GLUE's splits: train 3,668, validation 408 and test 1,725 pairs. */
export async function readMrpcReal(
  folder: string,
): Promise<{ readonly [R in "train" | "validation" | "test"]: ReadTable }> {
  const idFile = join(folder, "real", "dev_ids.tsv");
  const [source, test, ids] = await Promise.all([
    readPublished(folder, "msr_paraphrase_train.txt"),
    readPublished(folder, "msr_paraphrase_test.txt"),
    readTextFile(idFile),
  ]);
  const parts = divideByIds(source, parsePlainTsv(ids, idFile, [firstId, secondId]));
  const table = (records: RecordFile, name: string): ReadTable =>
    tableFromRecords(records, { name: `mrpc/real/${name}`, labelNames, columns: pairColumns });
  return {
    train: table(parts.train, "train"),
    validation: table(parts.validation, "validation"),
    test: table(test, "test"),
  };
}

/** Reads one generated source; nothing is dropped unless `drop` names it. */
export async function readMrpcGenerated(
  folder: string,
  source: MrpcSource,
  drop: readonly DropKind[] = [],
): Promise<ReadTable> {
  return readTable(join(folder, "generated", `${source}.json`), {
    name: `mrpc/generated/${source}`,
    columns: { text: "text1", textPair: "text2", label: "label" },
    labelMap: { "0": "not_equivalent", "1": "equivalent" },
    labelNames,
    drop,
  });
}

/** Reads GLUE's three splits and one generated source. */
export async function loadMrpc(options: MrpcOptions): Promise<LoadedBenchmark> {
  const [real, generated] = await Promise.all([
    readMrpcReal(options.folder),
    readMrpcGenerated(options.folder, options.generated, options.drop),
  ]);
  const benchmark: Benchmark = {
    name: "mrpc",
    labelNames,
    train: real.train.table,
    validation: real.validation.table,
    test: real.test.table,
    generated: generated.table,
  };
  const report = describeTable(generated.table);
  const kept = `${generated.table.name}: of ${counted(report.rows, "pair")}, ${report.duplicates} repeat an earlier one, ${report.conflicting} stand with both labels (kept unless drop names them)`;
  return { benchmark, notes: [...generated.notes, kept] };
}

const options: OptionShapes = {
  folder: {
    kind: "path",
    required: true,
    description:
      "Folder with real/{msr_paraphrase_train.txt,msr_paraphrase_test.txt,dev_ids.tsv} and generated/.",
  },
  generated: {
    kind: "string",
    required: true,
    choices: mrpcSources,
    description: "Name of the generated source.",
  },
  drop: {
    kind: "strings",
    choices: dropKinds,
    description: "Kinds of generated rows to leave out; each is listed as skipped. Default: none.",
  },
};

/** MRPC in GLUE's splits, with pairs written by CTRL (SuperGen, FewGen). */
export const mrpc: BenchmarkSource = {
  name: "mrpc",
  summary: "MRPC in GLUE's splits (sentence pairs, 2 classes), pairs generated by CTRL",
  options,
  load: async (record) => {
    const read = readOptions("benchmark mrpc", options, record);
    const drop = read.choiceList("drop", dropKinds);
    return loadMrpc({
      folder: read.requiredString("folder"),
      generated: read.choice("generated", mrpcSources) ?? "ctrl_few-shot",
      ...(drop === undefined ? {} : { drop }),
    });
  },
};
