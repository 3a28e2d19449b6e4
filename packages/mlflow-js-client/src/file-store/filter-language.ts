import { invalidParameter } from "../errors.js";
import { shown } from "../validate.js";

/** What a comparison looks at. */
export type EntityType = "attribute" | "metric" | "param" | "tag" | "dataset";

export interface Identifier {
  readonly type: EntityType;
  readonly key: string;
}

/** One `identifier comparator value`. The comparator is in capitals. */
export interface Comparison extends Identifier {
  readonly comparator: string;
  /** Undefined for IS NULL and IS NOT NULL; a list for IN and NOT IN. */
  readonly value: number | string | readonly string[] | undefined;
}

/** What may be asked of a kind of thing. */
export interface Vocabulary {
  readonly types: readonly EntityType[];
  readonly numericAttributes: readonly string[];
  readonly textAttributes: readonly string[];
  /** Attributes that IN and NOT IN work with. */
  readonly listAttributes: readonly string[];
  /** Other names of attributes. */
  readonly aliases: Readonly<Record<string, string>>;
}

const TYPE_NAMES: Readonly<Record<string, EntityType>> = {
  ...{ attribute: "attribute", attributes: "attribute", attr: "attribute", run: "attribute" },
  ...{ metric: "metric", metrics: "metric" },
  ...{ param: "param", params: "param", parameter: "param", parameters: "param" },
  ...{ tag: "tag", tags: "tag" },
  ...{ dataset: "dataset", datasets: "dataset" },
};
const DATASET_KEYS = ["name", "digest", "context"];
const NUMERIC = [">", ">=", "!=", "=", "<", "<="];
const TEXT = ["!=", "=", "LIKE", "ILIKE"];
const LIST = ["IN", "NOT IN"];
const ABSENCE = ["IS NULL", "IS NOT NULL"];

const identifierPattern =
  /\s*(?:`?([A-Za-z_]\w*)`?\.)?(`[^`]*`|"[^"]*"|[\p{L}_][\p{L}\p{N}_.]*)\s*/uy;
const comparatorPattern =
  /(>=|<=|!=|=|>|<|(?:NOT\s+)?IN\b|I?LIKE\b|IS\s+NOT\s+NULL\b|IS\s+NULL\b)\s*/iy;
const numberPattern = /([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?![\w.])\s*/iy;
const textPattern = /('[^']*'|"[^"]*")\s*/y;
const listPattern = /\(\s*((?:'[^']*'|"[^"]*")(?:\s*,\s*(?:'[^']*'|"[^"]*"))*)\s*,?\s*\)\s*/y;
const andPattern = /AND\s+/iy;

/** Reads a text from left to right. */
class Reader {
  #at = 0;
  constructor(
    private readonly text: string,
    private readonly what: string,
  ) {}

  get done(): boolean {
    return this.#at >= this.text.trimEnd().length;
  }

  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found;
  }

  expect(pattern: RegExp, wanted: string): string {
    const found = this.match(pattern)?.[1];
    if (found === undefined) throw this.refusal(wanted);
    return found;
  }

  refusal(wanted: string) {
    return invalidParameter(
      `The ${this.what} ${shown(this.text)} is not understood at ${shown(this.text.slice(this.#at))}: ${wanted} was expected. Comparisons joined by AND are; OR, NOT and parentheses are not.`,
    );
  }
}

const unquoted = (text: string): string =>
  /^(`.*`|".*"|'.*')$/s.test(text) ? text.slice(1, -1) : text;

function readIdentifier(reader: Reader, vocabulary: Vocabulary): Identifier {
  const found = reader.match(identifierPattern);
  if (found === undefined) throw reader.refusal("a name such as metrics.`val/acc` or run_id");
  // The type may only be missing for attributes: `status` is `attributes.status`.
  const type = found[1] === undefined ? "attribute" : TYPE_NAMES[found[1]];
  const quoted = unquoted(found[2] ?? "");
  const key = type === "attribute" ? (vocabulary.aliases[quoted] ?? quoted) : quoted;
  if (type === undefined || !vocabulary.types.includes(type)) {
    throw invalidParameter(
      `"${found[1]}" cannot be searched for; use ${vocabulary.types.join(", ")}. Keys with other characters than letters, digits, _ and . stand in backticks.`,
    );
  }
  const keys =
    type === "attribute"
      ? [...vocabulary.textAttributes, ...vocabulary.numericAttributes]
      : type === "dataset"
        ? DATASET_KEYS
        : [key];
  if (!keys.includes(key)) {
    throw invalidParameter(`${type} ${shown(key)} cannot be searched for; use ${keys.join(", ")}.`);
  }
  return { type, key };
}

const isNumeric = ({ type, key }: Identifier, vocabulary: Vocabulary): boolean =>
  type === "metric" || (type === "attribute" && vocabulary.numericAttributes.includes(key));

function allowedComparators(identifier: Identifier, vocabulary: Vocabulary): readonly string[] {
  if (isNumeric(identifier, vocabulary)) return NUMERIC;
  if (identifier.type === "attribute") {
    return vocabulary.listAttributes.includes(identifier.key) ? [...TEXT, ...LIST] : TEXT;
  }
  return identifier.type === "dataset" ? [...TEXT, ...LIST] : [...TEXT, ...ABSENCE];
}

function readComparison(reader: Reader, vocabulary: Vocabulary): Comparison {
  const identifier = readIdentifier(reader, vocabulary);
  const comparator = reader
    .expect(comparatorPattern, "a comparator such as = or LIKE")
    .toUpperCase()
    .replace(/\s+/g, " ");
  const allowed = allowedComparators(identifier, vocabulary);
  if (!allowed.includes(comparator)) {
    throw invalidParameter(
      `${comparator} does not work with ${identifier.type} ${shown(identifier.key)}; use ${allowed.join(", ")}.`,
    );
  }
  if (ABSENCE.includes(comparator)) return { ...identifier, comparator, value: undefined };
  if (isNumeric(identifier, vocabulary)) {
    const value = Number(reader.expect(numberPattern, "a number"));
    return { ...identifier, comparator, value };
  }
  if (LIST.includes(comparator)) {
    const list = reader.expect(listPattern, "a list of texts such as ('a', 'b')");
    const value = Array.from(list.matchAll(/'[^']*'|"[^"]*"/g), ([text]) => unquoted(text));
    return { ...identifier, comparator, value };
  }
  const value = unquoted(reader.expect(textPattern, "a text in quotes"));
  return { ...identifier, comparator, value };
}

/**
 * Reads a filter: comparisons joined by AND.
 * @throws MlflowError `INVALID_PARAMETER_VALUE` for anything else, saying what was expected where.
 */
export function parseFilter(
  filter: string | undefined,
  vocabulary: Vocabulary,
): readonly Comparison[] {
  if (filter === undefined || filter.trim() === "") return [];
  const reader = new Reader(filter, "filter");
  const comparisons = [readComparison(reader, vocabulary)];
  while (!reader.done) {
    if (reader.match(andPattern) === undefined) throw reader.refusal("AND");
    comparisons.push(readComparison(reader, vocabulary));
  }
  return comparisons;
}

/** Reads one `identifier [ASC|DESC]`. */
export function parseOrderBy(
  clause: string,
  vocabulary: Vocabulary,
): Identifier & { readonly descending: boolean } {
  const reader = new Reader(clause, "order");
  const identifier = readIdentifier(reader, vocabulary);
  const direction = reader.match(/(ASC|DESC)\s*/iy)?.[1];
  if (!reader.done) throw reader.refusal("ASC or DESC");
  return { ...identifier, descending: direction?.toUpperCase() === "DESC" };
}
