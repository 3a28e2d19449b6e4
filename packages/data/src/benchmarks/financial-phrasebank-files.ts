import { join } from "node:path";
import { at } from "@counterweight/base";
import { type DropKind, dropRows } from "../reading/drops.js";
import { readLabelledLines } from "../reading/labelled-lines.js";
import { readTable } from "../reading/read-table.js";
import { type ReadTable, tableFromRecords } from "../reading/table-from-records.js";
import { counted, visible } from "../reading/visible.js";
import { rowCount, select, type TextTable } from "../text-table.js";

/** Class order of Financial PhraseBank. */
export const phraseBankLabels: readonly string[] = ["negative", "neutral", "positive"];

/** Smallest share of annotators that agree on a sentence's label, in percent: names a real file. */
export type Agreement = "50" | "66" | "75" | "all";

/** All agreements, each a file. */
export const agreements: readonly Agreement[] = ["50", "66", "75", "all"];

/** Generated sources of Financial PhraseBank whose texts a language model wrote. */
export type PhraseBankGenerated = "gpt-4o_few-shot" | "llama-3.2-1b_zero-shot";

/** Columns of the rows that Mixtral labelled: its plain, chain-of-thought and voted answers. */
export type MixtralColumn = "label_llm" | "label_llm_cot" | "label_llm_cot_multiple";

/** All label columns of Mixtral. */
export const mixtralColumns: readonly MixtralColumn[] = [
  "label_llm",
  "label_llm_cot",
  "label_llm_cot_multiple",
];

/** Reads one real file: lines `text@label`, ISO-8859-1, the label after the last `@`. */
export async function readPhraseBankReal(folder: string, agreement: Agreement): Promise<ReadTable> {
  const file = agreement === "all" ? "All" : agreement;
  const source = await readLabelledLines(join(folder, "real", `Sentences_${file}Agree.txt`));
  return tableFromRecords(source, {
    name: `financial-phrasebank/real/${agreement}`,
    labelNames: phraseBankLabels,
  });
}

/** The class that a model's answer names, whatever its case and punctuation; undefined: none, or several. */
export function classOfAnswer(answer: string): string | undefined {
  const words = new Set(answer.toLowerCase().match(/\p{L}+/gu) ?? []);
  return words.size === 1 ? phraseBankLabels.find((name) => words.has(name)) : undefined;
}

/** The table with the classes that its labels, taken as answers, name; the others are skipped rows. */
function byAnswer(table: TextTable): TextTable {
  const classes = table.labelNames.map((answer) =>
    phraseBankLabels.indexOf(classOfAnswer(answer) ?? ""),
  );
  const unreadable = (index: number): boolean => at(classes, at(table.label, index)) === -1;
  const rows = Array.from(table.label.keys());
  const kept = select(
    table,
    rows.filter((index) => !unreadable(index)),
  );
  const left = rows.filter(unreadable).map((index) => {
    const answer = at(table.labelNames, at(table.label, index)).slice(0, 40);
    return { row: at(table.row, index), reason: `unreadable label ${visible(answer)}` };
  });
  return {
    ...kept,
    labelNames: phraseBankLabels,
    label: kept.label.map((label) => at(classes, label)),
    skipped: [...table.skipped, ...left].sort((one, other) => one.row - other.row),
  };
}

/**
 * Reads one generated source; nothing is dropped unless `drop` names it. Llama's answers are kept as
 * written (many go on after the sentence); an answer that names no class is listed in `skipped`.
 */
export async function readPhraseBankGenerated(
  folder: string,
  generated: PhraseBankGenerated,
  drop: readonly DropKind[] = [],
): Promise<ReadTable> {
  const path = join(folder, "generated", `${generated}.csv`);
  const options = {
    name: `financial-phrasebank/generated/${generated}`,
    labelNames: phraseBankLabels,
    drop,
  };
  if (generated === "gpt-4o_few-shot") {
    const { table, notes } = await readTable(path, {
      ...options,
      columns: { text: "sentence", textPair: null, label: "label" },
      labelMap: { "1": "negative", "2": "neutral", "3": "positive" },
    });
    const numbered = table.text.filter((text) => /^\d+[.)]/.test(text)).length;
    return {
      table,
      notes: [
        ...notes,
        `${table.name}: ${counted(numbered, "row")} begin with list numbering (kept)`,
      ],
    };
  }
  const read = await readTable(path, {
    name: options.name,
    columns: { text: "input", textPair: null, label: "output" },
    requireTwoClasses: false,
  });
  const readable = byAnswer(read.table);
  const table = dropRows(readable, drop);
  const lines = table.text.filter((text) => text.includes("\n")).length;
  return {
    table,
    notes: [
      ...read.notes,
      `${table.name}: ${counted(rowCount(read.table) - rowCount(readable), "row")} skipped, label unreadable; ${counted(rowCount(readable) - rowCount(table), "row")} dropped; ${counted(lines, "row")} of several lines, most with prompt debris (kept)`,
    ],
  };
}

/** Sentences that Mixtral labelled, with the experts' labels beside. */
export interface MixtralRows extends ReadTable {
  /** The experts' class of each row of `table`, `[rows]`. */
  readonly expertLabels: Int32Array;
}

/**
 * Reads one of the two files of real sentences labelled by Mixtral, with the labels of `column`.
 * @throws CounterweightError `data` when a label is none of the three classes.
 */
export async function readMixtral(
  folder: string,
  part: "train" | "test",
  column: MixtralColumn | "label_experts",
): Promise<MixtralRows> {
  const path = join(folder, "llm-labelled", `mixtral_${part}.csv`);
  const withLabels = (label: string): Promise<ReadTable> =>
    readTable(path, {
      name: `financial-phrasebank/llm-labelled/${part}`,
      labelNames: phraseBankLabels,
      columns: { text: "text", textPair: null, label },
    });
  // both keep every row, or throw: their rows belong together
  const [read, experts] = await Promise.all([withLabels(column), withLabels("label_experts")]);
  return { ...read, expertLabels: experts.table.label };
}
