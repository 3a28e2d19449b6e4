import { at, CounterweightError } from "@counterweight/base";
import type { Benchmark } from "../benchmark.js";
import { describeTable } from "../describe-table.js";
import { type DropKind, dropKinds, dropRows } from "../reading/drops.js";
import { counted, listed } from "../reading/visible.js";
import { stratifiedSplit } from "../splits.js";
import { rowCount, select, type TextTable } from "../text-table.js";
import type { BenchmarkSource, LoadedBenchmark } from "./benchmark-source.js";
import {
  type Agreement,
  agreements,
  type MixtralColumn,
  mixtralColumns,
  type PhraseBankGenerated,
  phraseBankLabels,
  readMixtral,
  readPhraseBankGenerated,
  readPhraseBankReal,
} from "./financial-phrasebank-files.js";
import { type OptionReader, type OptionShapes, readOptions } from "./options.js";

/** Generated sources by name; `mixtral` are real sentences with labels by a language model. */
export type PhraseBankSource = PhraseBankGenerated | "mixtral";

/** The generated sources' names, in the order of the data's description. */
export const phraseBankSources: readonly PhraseBankSource[] = [
  "gpt-4o_few-shot",
  "llama-3.2-1b_zero-shot",
  "mixtral",
];

/** Shares of the real rows by role; sum 1. */
export interface PhraseBankShares {
  readonly train: number;
  readonly validation: number;
  /** Absent for `mixtral`, whose test rows are a file of their own. */
  readonly test?: number;
}

/** Options of the benchmark `financial-phrasebank`. */
export interface PhraseBankOptions {
  /** Folder that holds `real/`, `generated/` and `llm-labelled/`. */
  readonly folder: string;
  /** Which generated rows. */
  readonly generated: PhraseBankSource;
  /** Which real file. Default: "50". */
  readonly agreement?: Agreement;
  /** Seed of the split of the real file. Default: 0. */
  readonly splitSeed?: number;
  /** Default: 0.7, 0.1 and 0.2; for `mixtral` 0.875 and 0.125. */
  readonly shares?: PhraseBankShares;
  /** With `mixtral`: the column of the generated rows' labels. Default: "label_llm". */
  readonly labelColumn?: MixtralColumn;
  /** Kinds of generated rows to leave out. Default: none. */
  readonly drop?: readonly DropKind[];
}

const name = "financial-phrasebank";

/** A text in lower case with letters and digits only: equal where sentences differ in spacing or punctuation. */
const normalised = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/** Rows of `table` whose normalised text stands in none of the others. */
function withoutTextsOf(table: TextTable, others: readonly TextTable[]): TextTable {
  const known = new Set(others.flatMap(({ text }) => text.map(normalised)));
  const kept = Array.from(table.label.keys()).filter(
    (index) => !known.has(normalised(at(table.text, index))),
  );
  return select(table, kept);
}

const sizes = (tables: Readonly<Record<string, TextTable>>): string =>
  listed(Object.entries(tables).map(([role, table]) => `${role} ${rowCount(table)}`));

function realNote(table: TextTable): string {
  const report = describeTable(table);
  const texts = new Set(table.text).size;
  return `${table.name}: ${counted(report.rows - texts, "row")} of ${report.rows} repeat an earlier sentence, ${counted(report.conflicting, "row")} with another label too (all kept; equal sentences stay on one side of the split)`;
}

/** Real rows divided by a seeded split, generated rows written by a language model. */
async function loadWritten(
  options: PhraseBankOptions & { readonly generated: PhraseBankGenerated },
): Promise<LoadedBenchmark> {
  const { folder, agreement = "50", splitSeed = 0 } = options;
  const { train, validation, test = 0 } = options.shares ?? defaultShares;
  const [real, generated] = await Promise.all([
    readPhraseBankReal(folder, agreement),
    readPhraseBankGenerated(folder, options.generated, options.drop),
  ]);
  const tables = stratifiedSplit(real.table, {
    shares: { train, validation, test },
    seed: splitSeed,
  });
  const benchmark: Benchmark = {
    name,
    labelNames: phraseBankLabels,
    ...tables,
    generated: generated.table,
  };
  const split = `${real.table.name}: no official split; split by seed ${splitSeed} into ${sizes(tables)}`;
  return { benchmark, notes: [...generated.notes, realNote(real.table), split] };
}

/**
 * Real sentences that Mixtral labelled as the generated rows; the experts' labels of the other part
 * measure. All of them stand in the real files too, so train and validation are the real rows
 * without them.
 */
async function loadMixtral(options: PhraseBankOptions): Promise<LoadedBenchmark> {
  const { folder, agreement = "50", splitSeed = 0, labelColumn = "label_llm" } = options;
  if (agreement === "all") {
    throw new CounterweightError("spec", "agreement all leaves no real rows beside mixtral's.", {
      where: `benchmark ${name}`,
      fix: "Use agreement 50, 66 or 75: mixtral's rows are all sentences on which everyone agrees.",
    });
  }
  const { train, validation } = options.shares ?? mixtralShares;
  const [real, labelled, test] = await Promise.all([
    readPhraseBankReal(folder, agreement),
    readMixtral(folder, "train", labelColumn),
    readMixtral(folder, "test", "label_experts"),
  ]);
  const generated = dropRows(labelled.table, options.drop ?? []);
  const kept = new Set(generated.row);
  const generatedTrueLabels = labelled.expertLabels.filter((_, index) =>
    kept.has(at(labelled.table.row, index)),
  );
  // rows that `drop` leaves out must not come back as real rows: so all of `labelled` is taken away
  const rest = withoutTextsOf(real.table, [labelled.table, test.table]);
  const tables = stratifiedSplit(rest, { shares: { train, validation }, seed: splitSeed });
  const benchmark: Benchmark = {
    name,
    labelNames: phraseBankLabels,
    ...tables,
    test: test.table,
    generated,
  };
  const wrong = generated.label.filter(
    (label, index) => label !== generatedTrueLabels[index],
  ).length;
  const share = ((100 * wrong) / rowCount(generated)).toFixed(1);
  const notes = [
    ...labelled.notes,
    `${generated.name}: ${labelColumn} differs from the experts' label in ${wrong} of ${counted(rowCount(generated), "row")} (${share} %)`,
    `${rest.name}: ${counted(rowCount(rest), "row")} of ${rowCount(real.table)} stand in neither mixtral file; split by seed ${splitSeed} into ${sizes(tables)}; test is mixtral_test.csv with the experts' labels, ${counted(rowCount(test.table), "row")}`,
    realNote(rest),
  ];
  return { benchmark, notes, generatedTrueLabels };
}

/** Reads Financial PhraseBank with one generated or model-labelled source. */
export async function loadFinancialPhraseBank(
  options: PhraseBankOptions,
): Promise<LoadedBenchmark> {
  const { generated } = options;
  return generated === "mixtral" ? loadMixtral(options) : loadWritten({ ...options, generated });
}

const defaultShares: PhraseBankShares = { train: 0.7, validation: 0.1, test: 0.2 };
const mixtralShares: PhraseBankShares = { train: 0.875, validation: 0.125 };

function sharesOf(
  read: OptionReader,
  generated: PhraseBankSource,
  where: string,
): PhraseBankShares | undefined {
  const given = read.numberMap("shares");
  if (given === undefined) return undefined;
  const roles = generated === "mixtral" ? ["train", "validation"] : ["train", "validation", "test"];
  const shapes: OptionShapes = Object.fromEntries(
    roles.map((role) => [
      role,
      { kind: "number", required: true, description: `Share of ${role}; all sum to 1.` },
    ]),
  );
  const inner = readOptions(`${where}, shares (generated: ${generated})`, shapes, given);
  const train = inner.number("train") ?? 0;
  const validation = inner.number("validation") ?? 0;
  return generated === "mixtral"
    ? { train, validation }
    : { train, validation, test: inner.number("test") ?? 0 };
}

const options: OptionShapes = {
  folder: {
    kind: "path",
    required: true,
    description: "Folder with real/Sentences_*Agree.txt, generated/ and llm-labelled/.",
  },
  generated: {
    kind: "string",
    required: true,
    choices: phraseBankSources,
    description:
      "Name of the generated source; mixtral: real sentences with a model's labels, test with the experts'.",
  },
  agreement: {
    kind: "string",
    choices: agreements,
    description: 'Percent of annotators that agree, naming the real file; a text. Default: "50".',
  },
  shares: {
    kind: "number-map",
    description:
      "Shares of train, validation and test. Default: 0.7, 0.1, 0.2; with mixtral (no test): 0.875, 0.125.",
  },
  splitSeed: { kind: "integer", description: "Seed of the split of the real file. Default: 0." },
  labelColumn: {
    kind: "string",
    choices: mixtralColumns,
    description: "With mixtral: column of the generated rows' labels. Default: label_llm.",
  },
  drop: {
    kind: "strings",
    choices: dropKinds,
    description: "Kinds of generated rows to leave out; each is listed as skipped. Default: none.",
  },
};

/** Financial PhraseBank, with rows written by GPT-4o and Llama 3.2 1B or labelled by Mixtral. */
export const financialPhraseBank: BenchmarkSource = {
  name,
  summary:
    "Financial PhraseBank (3 classes), rows generated by gpt-4o and llama-3.2-1b or labelled by mixtral",
  options,
  load: async (record) => {
    const where = `benchmark ${name}`;
    const read = readOptions(where, options, record);
    const generated = read.choice("generated", phraseBankSources) ?? "gpt-4o_few-shot";
    const agreement = read.choice("agreement", agreements);
    const splitSeed = read.number("splitSeed");
    const labelColumn = read.choice("labelColumn", mixtralColumns);
    const shares = sharesOf(read, generated, where);
    const drop = read.choiceList("drop", dropKinds);
    if (labelColumn !== undefined && generated !== "mixtral") {
      throw new CounterweightError("spec", `labelColumn is given beside generated: ${generated}.`, {
        where,
        fix: "Leave it out: only mixtral's rows have several label columns.",
      });
    }
    return loadFinancialPhraseBank({
      folder: read.requiredString("folder"),
      generated,
      ...(agreement === undefined ? {} : { agreement }),
      ...(splitSeed === undefined ? {} : { splitSeed }),
      ...(labelColumn === undefined ? {} : { labelColumn }),
      ...(shares === undefined ? {} : { shares }),
      ...(drop === undefined ? {} : { drop }),
    });
  },
};
