import { at, CounterweightError } from "@counterweight/base";

/** A row that was read but not kept, and why. */
export interface SkippedRow {
  /** 1-based record number in the file. */
  readonly row: number;
  /** In words, such as "empty text" or "boilerplate". */
  readonly reason: string;
}

/** Column table of labelled texts; row i of every column belongs together. */
export interface TextTable {
  /** For people, such as "tweet-irony/real/train". */
  readonly name: string;
  /** Class order: values of `label` index into it. */
  readonly labelNames: readonly string[];
  /** Texts, surrounding white space trimmed, `[rows]`. */
  readonly text: readonly string[];
  /** Second sentences of sentence-pair tasks, `[rows]`. */
  readonly textPair?: readonly string[];
  /** Class indices, `[rows]`. */
  readonly label: Int32Array;
  /** Where the rows came from, for messages. */
  readonly file: string;
  /** 1-based record number of each row in `file`, `[rows]`; a header line is not counted. */
  readonly row: Int32Array;
  /** 1-based line of `file` on which each row begins, where its format has lines, `[rows]`. */
  readonly line?: Int32Array;
  /** The user's own weight of each row, finite and above 0, `[rows]`; absent: every row counts 1. */
  readonly weight?: Float32Array;
  /** Rows of `file` that were read but left out. Never silent. */
  readonly skipped: readonly SkippedRow[];
}

/** Number of rows of a table. */
export function rowCount(table: TextTable): number {
  return table.label.length;
}

/** Rows per class, `[classes]`. */
export function classCounts(table: TextTable): Int32Array {
  const counts = new Int32Array(table.labelNames.length);
  for (const label of table.label) counts[label] = at(counts, label) + 1;
  return counts;
}

/**
 * The table of the given rows (0-based, in the given order, repeats allowed); file, row numbers,
 * lines, weights and `skipped` go with them.
 * @throws CounterweightError `internal` when an index is no row of the table.
 */
export function select(table: TextTable, indices: ArrayLike<number>): TextTable {
  const rows = rowCount(table);
  const text: string[] = [];
  const textPair: string[] | undefined = table.textPair === undefined ? undefined : [];
  const label = new Int32Array(indices.length);
  const row = new Int32Array(indices.length);
  const line = table.line === undefined ? undefined : new Int32Array(indices.length);
  const weight = table.weight === undefined ? undefined : new Float32Array(indices.length);
  for (let position = 0; position < indices.length; position++) {
    const index = at(indices, position);
    if (!Number.isInteger(index) || index < 0 || index >= rows) {
      throw new CounterweightError(
        "internal",
        `select: ${index} is not a row of ${table.name} (0..${rows - 1}).`,
      );
    }
    text.push(at(table.text, index));
    if (textPair !== undefined) textPair.push(at(table.textPair ?? [], index));
    label[position] = at(table.label, index);
    row[position] = at(table.row, index);
    if (line !== undefined) line[position] = at(table.line ?? [], index);
    if (weight !== undefined) weight[position] = at(table.weight ?? [], index);
  }
  return {
    ...table,
    text,
    ...(textPair === undefined ? {} : { textPair }),
    label,
    row,
    ...(line === undefined ? {} : { line }),
    ...(weight === undefined ? {} : { weight }),
  };
}

/** A row's text, or text pair, as one key: equal keys mean equal texts. */
export function textKey(table: TextTable, index: number): string {
  const first = at(table.text, index);
  return table.textPair === undefined ? first : JSON.stringify([first, at(table.textPair, index)]);
}

/**
 * The rows of two tables one after the other. Lines and weights stay only where both have them; rows
 * of the second keep the numbers of their own file, so `row` may repeat.
 * @throws CounterweightError `internal` when classes differ, or only one has text pairs.
 */
export function concatenate(first: TextTable, second: TextTable): TextTable {
  const sameClasses = JSON.stringify(first.labelNames) === JSON.stringify(second.labelNames);
  if (!sameClasses || (first.textPair === undefined) !== (second.textPair === undefined)) {
    throw new CounterweightError(
      "internal",
      `concatenate: ${first.name} and ${second.name} are of different kinds.`,
    );
  }
  const { line: _, weight: __, ...rest } = first;
  return {
    ...rest,
    name: `${first.name} + ${second.name}`,
    text: [...first.text, ...second.text],
    ...(first.textPair === undefined || second.textPair === undefined
      ? {}
      : { textPair: [...first.textPair, ...second.textPair] }),
    label: Int32Array.from([...first.label, ...second.label]),
    row: Int32Array.from([...first.row, ...second.row]),
    file: first.file === second.file ? first.file : `${first.file}, ${second.file}`,
    ...(first.line === undefined || second.line === undefined
      ? {}
      : { line: Int32Array.from([...first.line, ...second.line]) }),
    ...(first.weight === undefined || second.weight === undefined
      ? {}
      : { weight: Float32Array.from([...first.weight, ...second.weight]) }),
    skipped: [...first.skipped, ...second.skipped],
  };
}
