import { CounterweightError, nearest } from "@counterweight/base";
import { listed, visible } from "./visible.js";

/**
 * Which column holds what. Fields left out are guessed from the usual names; `textPair: null` says
 * that there is no second sentence, whatever the columns are called.
 */
export interface ColumnMapping {
  readonly text?: string;
  readonly textPair?: string | null;
  readonly label?: string;
  /** The user's own weight of each row (a number, 0 or more); never guessed. */
  readonly weight?: string;
}

/** The columns that were taken, and a sentence that says so. */
export interface ResolvedColumns {
  readonly text: string;
  readonly textPair?: string;
  readonly label: string;
  readonly weight?: string;
  /** Such as `text from "tweet" (guessed), label from "y" (given); not used: "id"`. */
  readonly note: string;
}

/** Names by which a pair's two columns are known, first choice first. */
const pairNames: readonly (readonly [string, string])[] = [
  ["text", "textpair"],
  ["text1", "text2"],
  ["sentence1", "sentence2"],
  ["sentencea", "sentenceb"],
  ["premise", "hypothesis"],
  ["question1", "question2"],
  ["question", "sentence"],
  ["#1string", "#2string"],
];
const textNames = [
  "text",
  "sentence",
  "tweet",
  "content",
  "review",
  "document",
  "comment",
  "input",
];
const labelNames = ["label", "labels", "class", "target", "category", "quality", "output", "y"];

const plain = (name: string): string => name.replace(/[\p{C}\p{Z}_-]/gu, "").toLowerCase();

/** The only column whose plain name is `wanted`; an error when there are several. */
function findPlain(columns: readonly string[], wanted: string, file: string): string | undefined {
  const found = columns.filter((name) => plain(name) === wanted);
  if (found.length > 1) {
    throw new CounterweightError(
      "data",
      `several columns could be meant by "${wanted}": ${listed(found.map(visible))}.`,
      { where: file, fix: "Name the column under columns:." },
    );
  }
  return found[0];
}

function findFirst(
  columns: readonly string[],
  names: readonly string[],
  file: string,
): string | undefined {
  for (const name of names) {
    const found = findPlain(columns, name, file);
    if (found !== undefined) return found;
  }
  return undefined;
}

function requireColumn(
  columns: readonly string[],
  name: string,
  field: string,
  file: string,
): string {
  const present = columns.filter((column) => column === name).length;
  if (present === 1) return name;
  if (present > 1) {
    throw new CounterweightError("data", `column ${visible(name)} is there ${present} times.`, {
      where: file,
      fix: "Rename all but one of them in the header.",
    });
  }
  const close = columns.find((column) => plain(column) === plain(name)) ?? nearest(name, columns);
  const hint = close === undefined ? "" : ` Nearest: ${visible(close)}.`;
  throw new CounterweightError(
    "data",
    `no column ${visible(name)} for ${field}; the columns are ${listed(columns.map(visible))}.${hint}`,
    { where: file, fix: `Set columns: {${field}: ...} to one of these.` },
  );
}

function guessPair(
  columns: readonly string[],
  file: string,
  first?: string,
): readonly [string, string] | undefined {
  for (const [left, right] of pairNames) {
    const text = first ?? findPlain(columns, left, file);
    if (text === undefined || plain(text) !== left) continue;
    const pair = findPlain(columns, right, file);
    if (pair !== undefined) return [text, pair];
  }
  return undefined;
}

/**
 * Decides which columns hold text, second text and label: those given, the rest by usual names.
 * @throws CounterweightError `data` when a given column is missing or there more than once, or when
 * nothing can be guessed; the message shows the columns with invisible characters made visible.
 */
export function resolveColumns(
  columns: readonly string[],
  mapping: ColumnMapping,
  file: string,
): ResolvedColumns {
  const given = {
    text:
      mapping.text === undefined ? undefined : requireColumn(columns, mapping.text, "text", file),
    label:
      mapping.label === undefined
        ? undefined
        : requireColumn(columns, mapping.label, "label", file),
    textPair:
      mapping.textPair === undefined || mapping.textPair === null
        ? undefined
        : requireColumn(columns, mapping.textPair, "textPair", file),
    weight:
      mapping.weight === undefined
        ? undefined
        : requireColumn(columns, mapping.weight, "weight", file),
  };
  const free = columns.filter((name) => !Object.values(given).includes(name));
  const mayPair = mapping.textPair === undefined;
  const pair = mayPair
    ? guessPair(given.text === undefined ? free : [given.text, ...free], file, given.text)
    : undefined;
  const text = given.text ?? pair?.[0] ?? findFirst(free, textNames, file);
  const textPair = given.textPair ?? pair?.[1];
  const label =
    given.label ??
    findFirst(
      free.filter((name) => name !== text && name !== textPair),
      labelNames,
      file,
    );
  const missing = text === undefined ? "text" : label === undefined ? "label" : undefined;
  if (text === undefined || label === undefined) {
    throw new CounterweightError(
      "data",
      `cannot guess which column holds the ${missing}; the columns are ${listed(columns.map(visible))}.`,
      { where: file, fix: `Set columns: {${missing}: ...} to one of these.` },
    );
  }
  const { weight } = given;
  const used = {
    text,
    ...(textPair === undefined ? {} : { textPair }),
    label,
    ...(weight === undefined ? {} : { weight }),
  };
  for (const [field, name] of Object.entries(used)) requireColumn(columns, name, field, file);
  if (new Set(Object.values(used)).size < Object.values(used).length) {
    throw new CounterweightError("data", "one column is named for two things.", {
      where: file,
      fix: "Name different columns for text, textPair, label and weight.",
    });
  }
  const how = (field: "text" | "textPair" | "label"): string =>
    given[field] === undefined ? "guessed" : "given";
  const taken = [`text from ${visible(text)} (${how("text")})`];
  if (textPair !== undefined) taken.push(`textPair from ${visible(textPair)} (${how("textPair")})`);
  taken.push(`label from ${visible(label)} (${how("label")})`);
  if (weight !== undefined) taken.push(`weight from ${visible(weight)} (given)`);
  const unused = columns.filter((name) => !Object.values(used).includes(name));
  const rest = unused.length === 0 ? "" : `; not used: ${listed(unused.map(visible))}`;
  return { ...used, note: `${taken.join(", ")}${rest}` };
}
