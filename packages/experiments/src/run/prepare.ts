import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { at, CounterweightError, canonicalJson, sha256 } from "@counterweight/base";
import {
  type Benchmark,
  checkBenchmarkLabels,
  checkSplits,
  type LoadedBenchmark,
  loadBenchmark,
  type Role,
  rowCount,
  type SplitCheck,
  sampleRows,
  selectByFile,
  sharingRoles,
  type TextTable,
} from "@counterweight/data";
import { generatedSource } from "../spec/meaning.js";
import type { ModelSpec, Spec } from "../spec/schema.js";
import { type BenchmarkSpec, namedSources, shapesOf } from "../spec/schema-benchmarks.js";

/** A benchmark ready to train on: rows chosen, guards passed, every table with its digest. */
export interface PreparedBenchmark {
  readonly benchmark: Benchmark;
  /** Name of the generated source. */
  readonly source: string;
  readonly notes: readonly string[];
  /** What the split guard found and let pass. */
  readonly splits: SplitCheck;
  readonly expectedAccuracy: LoadedBenchmark["expectedAccuracy"];
  /** SHA-256 of texts, labels and class names, by role. */
  readonly digests: Readonly<Record<Role, string>>;
  /** True classes of the generated rows, where the benchmark knows them, `[rows]`. */
  readonly trueLabels: Int32Array | undefined;
}

/** What of a spec decides the rows of a benchmark. */
export type DataChoice = Pick<
  Spec,
  "generated" | "generatedRows" | "generatedRowsFile" | "splitGuard" | "allowSharedText"
>;

/**
 * Loads a spec's benchmark, cuts the generated rows as the spec says, and applies the guards
 * to what is left.
 * @throws CounterweightError `spec` or `data`.
 */
export async function prepareBenchmark(
  spec: DataChoice,
  benchmarkSpec: BenchmarkSpec,
): Promise<PreparedBenchmark> {
  const { kind, name, ...options } = benchmarkSpec;
  const chosen = spec.generated[name];
  const loaded = await loadBenchmark(kind, {
    ...options,
    ...("name" in shapesOf(kind) ? { name } : {}),
    ...(namedSources(kind) !== undefined && chosen !== undefined ? { generated: chosen } : {}),
    // Checked below, on the rows that are used.
    allowSharedText: sharingRoles,
  });
  const generated = await chooseGenerated(spec, name, loaded.benchmark.generated);
  const benchmark: Benchmark = { ...loaded.benchmark, name, generated };
  checkBenchmarkLabels(benchmark);
  const { near, threshold } = spec.splitGuard;
  const splits = checkSplits(benchmark, {
    allowSharedText: spec.allowSharedText,
    near,
    nearThreshold: threshold,
  });
  return {
    benchmark,
    source: generatedSource(spec, benchmarkSpec),
    notes: [...loaded.notes, ...splits.notes.filter((note) => note.startsWith("test and "))],
    splits,
    expectedAccuracy: loaded.expectedAccuracy,
    trueLabels: trueLabelsOf(loaded, generated),
    digests: {
      train: tableDigest(benchmark.train),
      validation: tableDigest(benchmark.validation),
      test: tableDigest(benchmark.test),
      generated: tableDigest(benchmark.generated),
    },
  };
}

/** The true classes of the chosen rows; rows are known by their record numbers. */
function trueLabelsOf(
  { benchmark, generatedTrueLabels }: LoadedBenchmark,
  chosen: TextTable,
): Int32Array | undefined {
  if (generatedTrueLabels === undefined) return undefined;
  const byRow = new Map<number, number>();
  benchmark.generated.row.forEach((row, index) => {
    byRow.set(row, at(generatedTrueLabels, index));
  });
  return chosen.row.map((row) => byRow.get(row) ?? -1);
}

async function chooseGenerated(
  { generatedRows, generatedRowsFile }: DataChoice,
  benchmark: string,
  table: TextTable,
): Promise<TextTable> {
  if (generatedRowsFile !== undefined) return selectByFile(table, generatedRowsFile);
  if (generatedRows === undefined) return table;
  const there = rowCount(table);
  if (generatedRows > there) {
    throw new CounterweightError(
      "spec",
      `generatedRows is ${generatedRows}, but there are ${there} generated rows.`,
      { where: benchmark, fix: `Set generatedRows to ${there} or less, or leave it out.` },
    );
  }
  return sampleRows(table, generatedRows, 0);
}

/**
 * SHA-256 of what a model can learn of a table: texts, labels, class names and the user's weights,
 * in order. A line a row, so that a million rows are never one string.
 */
export function tableDigest({ labelNames, text, textPair, label, weight }: TextTable): string {
  const hash = createHash("sha256");
  hash.update(`${canonicalJson({ labelNames, pairs: textPair !== undefined })}\n`);
  text.forEach((first, row) => {
    const second = textPair === undefined ? [] : [textPair[row]];
    const own = weight === undefined ? [] : [weight[row]];
    hash.update(`${JSON.stringify([first, ...second, label[row], ...own])}\n`);
  });
  return hash.digest("hex");
}

/** Rows by role. */
export function rowsByRole(benchmark: Benchmark): Record<Role, number> {
  const count = (role: Role): number => benchmark[role].label.length;
  const [train, validation, test, generated] = [
    count("train"),
    count("validation"),
    count("test"),
    count("generated"),
  ];
  return { train, validation, test, generated };
}

/** Files of a folder that decide what its tokenizer does: all that `loadTokenizer` reads. */
const tokenizerFile = /^(vocab\.(txt|json)|merges\.txt|tokenizer\.json|tokenizer_config\.json)$/;

/** Files of a checkpoint folder that decide what the model computes. */
const modelFile =
  /^(config\.json|model.*\.safetensors(\.index\.json)?|vocab\.(txt|json)|merges\.txt|tokenizer.*\.json|special_tokens_map\.json|added_tokens\.json)$/;

/**
 * SHA-256 of all that a model starts from: a checkpoint's files, or the sizes and the tokenizer's.
 * @throws CounterweightError `model` when the folder cannot be read.
 */
export async function modelDigest({ checkpoint, config, pooling }: ModelSpec): Promise<string> {
  const files =
    checkpoint !== undefined
      ? await folderDigest(checkpoint, modelFile)
      : config?.tokenizer !== undefined
        ? await folderDigest(config.tokenizer, tokenizerFile)
        : {};
  const { tokenizer: _, ...sizes } = config ?? {};
  return sha256(canonicalJson({ files, sizes, pooling }));
}

/**
 * SHA-256 of the files that decide a model's tokens; undefined where the words of the data are its
 * vocabulary.
 * @throws CounterweightError `model` when the folder cannot be read.
 */
export async function tokenizerDigest({
  checkpoint,
  config,
}: ModelSpec): Promise<string | undefined> {
  const folder = checkpoint ?? config?.tokenizer;
  return folder === undefined
    ? undefined
    : sha256(canonicalJson(await folderDigest(folder, tokenizerFile)));
}

async function folderDigest(folder: string, wanted: RegExp): Promise<Record<string, string>> {
  try {
    const names = (await readdir(folder)).filter((name) => wanted.test(name)).sort();
    const digests: [string, string][] = [];
    for (const name of names) {
      const hash = createHash("sha256");
      await pipeline(createReadStream(join(folder, name)), hash);
      digests.push([name, hash.digest("hex")]);
    }
    return Object.fromEntries(digests);
  } catch (cause) {
    throw new CounterweightError("model", "the model's folder cannot be read.", {
      where: folder,
      fix: "Give the folder that holds config.json and model.safetensors, or an id of the Hugging Face hub (owner/name).",
      cause,
    });
  }
}
