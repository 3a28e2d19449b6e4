import { at, CounterweightError, type Random, randomStream } from "@counterweight/base";
import { counted } from "../reading/visible.js";
import { rowCount, type TextTable } from "../text-table.js";
import {
  byIndex,
  type Corrupted,
  type CorruptionOptions,
  chooseRows,
  countOf,
  type PlantedRow,
} from "./planted.js";
import { wordSalad } from "./word-salad.js";

/** Where unrelated texts come from. */
export interface UnrelatedOptions extends CorruptionOptions {
  /** A table of another task, or `"word-salad"` (random everyday words). Default: `"word-salad"`. */
  readonly source?: TextTable | "word-salad";
}

/** Texts of a table of another task, each once, in random order; none that `table` holds itself. */
function textsOf(source: TextTable, table: TextTable, random: Random): string[] {
  const own = new Set([...table.text, ...(table.textPair ?? [])]);
  const texts = new Set([...source.text, ...(source.textPair ?? [])]);
  return random.shuffled([...texts].filter((text) => !own.has(text)));
}

/** The next unrelated text at each call, never one twice. */
function textSource(table: TextTable, needed: number, options: UnrelatedOptions): () => string {
  const { source = "word-salad", seed } = options;
  const random = randomStream("unrelated-inputs", seed, "texts");
  if (source === "word-salad") {
    const taken = new Set([...table.text, ...(table.textPair ?? [])]);
    return () => {
      let text = wordSalad(random);
      while (taken.has(text)) text = wordSalad(random);
      taken.add(text);
      return text;
    };
  }
  const texts = textsOf(source, table, random);
  if (needed > texts.length) {
    throw new CounterweightError(
      "data",
      `needed ${counted(needed, "unrelated text")}, but ${source.name} has only ${texts.length} that are not in ${table.name}.`,
      { where: source.file, fix: "Lower the share, or use a larger source." },
    );
  }
  let next = 0;
  return () => at(texts, next++);
}

/**
 * Replaces the inputs of a share of the rows by unrelated ones, labels kept (unrelated inputs of the
 * paper's Figures 4 and 5). No replacement is used twice or stands in the table already; a pair gets
 * two.
 * @throws CounterweightError `data` for a share outside [0, 1], too few rows, or too few texts in the
 * source.
 */
export function unrelatedInputs(table: TextTable, options: UnrelatedOptions): Corrupted {
  const count = countOf(options.share, rowCount(table), table.name);
  const random = randomStream("unrelated-inputs", options.seed, "rows");
  const chosen = chooseRows(table, count, options.avoid ?? new Set(), random);
  const next = textSource(table, table.textPair === undefined ? count : 2 * count, options);
  const text = [...table.text];
  const textPair = table.textPair === undefined ? undefined : [...table.textPair];
  const planted: PlantedRow[] = chosen.map((index) => {
    const originalText = at(text, index);
    text[index] = next();
    if (textPair === undefined) return { index, kind: "unrelated-input", originalText };
    const originalTextPair = at(textPair, index);
    textPair[index] = next();
    return { index, kind: "unrelated-input", originalText, originalTextPair };
  });
  return {
    table: { ...table, text, ...(textPair === undefined ? {} : { textPair }) },
    planted: byIndex(planted),
  };
}
