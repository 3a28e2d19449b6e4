import { isMap, isScalar, isSeq, parseDocument, Scalar, stringify } from "yaml";
import type { StringMap } from "../entities.js";
import { MlflowError } from "../errors.js";

/** What a `meta.yaml` holds: a flat table. Lists are always empty there. */
export type MetaValue = string | number | null | readonly [] | StringMap;
export type Meta = Readonly<Record<string, MetaValue>>;

const escaped = (character: string): string => {
  const point = character.codePointAt(0) ?? 0;
  const hex = point.toString(16);
  return point > 0xffff ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
};

/**
 * A table as YAML that every version of PyYAML reads back the same: all strings in double quotes
 * (PyYAML takes a bare `123`, `on` or `12:30` for something else), and characters that it refuses
 * or folds (controls, odd spaces, line separators) escaped. One such character in a name would make
 * MLflow refuse the whole experiment.
 */
export function formatMeta(meta: Meta): string {
  const sorted = Object.fromEntries(Object.entries(meta).sort(([a], [b]) => (a < b ? -1 : 1)));
  const text = stringify(sorted, {
    defaultStringType: Scalar.QUOTE_DOUBLE,
    // Null: the keys of tags may hold anything, so they are quoted like values.
    defaultKeyType: null,
    doubleQuotedAsJSON: true,
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
  return text.replace(/[^\n\x20-\x7e\p{L}\p{M}\p{N}\p{P}\p{S}]/gu, escaped);
}

/** A string, a whole number or nothing, as it was meant: only bare words may be numbers. */
function scalarValue(node: Scalar): string | number | null {
  const text = typeof node.value === "string" ? node.value : "";
  if (node.type !== Scalar.PLAIN) return text;
  if (/^(null|Null|NULL|~|)$/.test(text)) return null;
  const number = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : text;
}

/**
 * Reads what `formatMeta` or PyYAML wrote.
 * @throws MlflowError `INVALID_STATE` where it is empty, torn or no table.
 */
export function parseMeta(text: string, path: string): Meta {
  const broken = (why: string) =>
    new MlflowError(`${path} is damaged: ${why}. Restore it, or move its folder away.`, {
      errorCode: "INVALID_STATE",
    });
  // "failsafe" leaves every scalar a string, so that nothing is guessed.
  const document = parseDocument(text, { schema: "failsafe", logLevel: "silent" });
  const [error] = document.errors;
  if (error !== undefined) throw broken(error.message.split("\n")[0] ?? "no YAML");
  if (!isMap(document.contents)) throw broken("it holds no table");
  const meta: Record<string, MetaValue> = {};
  for (const { key, value } of document.contents.items) {
    if (!isScalar(key)) throw broken("a key is no text");
    if (isScalar(value)) meta[String(key.value)] = scalarValue(value);
    else if (isSeq(value)) meta[String(key.value)] = [];
    else if (isMap(value)) {
      const entries = value.items.map(({ key: name, value: content }) => {
        if (!isScalar(name) || !isScalar(content)) throw broken("a table is nested too deep");
        return [String(name.value), String(content.value ?? "")] as const;
      });
      meta[String(key.value)] = Object.fromEntries(entries);
    } else throw broken("it holds an alias");
  }
  return meta;
}

const isList = (value: readonly [] | StringMap): value is readonly [] => Array.isArray(value);

/** A text of the table; undefined where it is absent or null. */
export function textOf(meta: Meta, key: string): string | undefined {
  const value = meta[key];
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : undefined;
}

/** A whole number of the table; undefined where it is absent or null. */
export function numberOf(meta: Meta, key: string): number | undefined {
  const value = meta[key];
  if (typeof value === "number") return value;
  const number = typeof value === "string" && value !== "" ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

/** A table of texts in the table; {} where it is absent. */
export function mapOf(meta: Meta, key: string): StringMap {
  const value = meta[key] ?? null;
  return value === null || typeof value !== "object" || isList(value) ? {} : value;
}
