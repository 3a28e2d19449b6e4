import { join } from "node:path";
import type { DropKind } from "../reading/drops.js";
import { readLabelledLines } from "../reading/labelled-lines.js";
import { readRecords, readTable, tableWithDrops } from "../reading/read-table.js";
import type { RecordFile, SourceRecord } from "../reading/records.js";
import { type ReadTable, tableFromRecords } from "../reading/table-from-records.js";
import { counted, visible } from "../reading/visible.js";
import type { SkippedRow } from "../text-table.js";

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

/** Rows whose answer names a class, and the others as skipped rows. */
function withReadableAnswer(
  source: RecordFile,
  column: string,
): { readonly source: RecordFile; readonly skipped: readonly SkippedRow[] } {
  const records: SourceRecord[] = [];
  const skipped: SkippedRow[] = [];
  for (const record of source.records) {
    const answer = record.get(column);
    const label = typeof answer === "string" ? classOfAnswer(answer) : undefined;
    if (label === undefined) {
      const shown = String(answer ?? "").slice(0, 40);
      skipped.push({ row: record.row, reason: `unreadable label ${visible(shown)}` });
    } else {
      records.push({ ...record, get: (key) => (key === column ? label : record.get(key)) });
    }
  }
  return { source: { ...source, records }, skipped };
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
  const { source, skipped } = withReadableAnswer(await readRecords(path), "output");
  const { table, notes } = tableWithDrops(source, {
    ...options,
    columns: { text: "input", textPair: null, label: "output" },
  });
  const all = [...table.skipped, ...skipped].sort((left, right) => left.row - right.row);
  const lines = table.text.filter((text) => text.includes("\n")).length;
  return {
    table: { ...table, skipped: all },
    notes: [
      ...notes,
      `${table.name}: ${counted(skipped.length, "row")} skipped, label unreadable; ${counted(lines, "row")} of several lines, most with prompt debris (kept)`,
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
  const source = await readRecords(join(folder, "llm-labelled", `mixtral_${part}.csv`));
  const withLabels = (label: string): ReadTable =>
    tableFromRecords(source, {
      name: `financial-phrasebank/llm-labelled/${part}`,
      labelNames: phraseBankLabels,
      columns: { text: "text", textPair: null, label },
    });
  // both keep every record, or throw: their rows belong together
  return { ...withLabels(column), expertLabels: withLabels("label_experts").table.label };
}
