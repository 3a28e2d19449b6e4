import { CounterweightError, nearest } from "@counterweight/base";
import { listed, visible } from "../reading/visible.js";

/**
 * What one option holds.
 * - `path`: a file or folder (a spec's reader resolves relative ones before `load`);
 * - `string`, `integer`, `number`, `boolean`: a plain value;
 * - `strings`: a list of strings;
 * - `string-map`, `path-map`, `number-map`: an object whose values are strings (or null), paths
 *   (resolved likewise), or numbers.
 */
export type OptionKind =
  | "path"
  | "string"
  | "integer"
  | "number"
  | "boolean"
  | "strings"
  | "string-map"
  | "path-map"
  | "number-map";

/** One option's description: enough for a JSON Schema, a check and a documentation table. */
export interface OptionShape {
  readonly kind: OptionKind;
  /** One sentence: what it does, unit, default. */
  readonly description: string;
  readonly required?: boolean;
  /** The only values of a `string` or entries of `strings`. */
  readonly choices?: readonly string[];
  /** Smallest value of a number. */
  readonly minimum?: number;
}

export type OptionShapes = Readonly<Record<string, OptionShape>>;

/** Typed access to the options of one record; undefined where the record does not give it. */
export interface OptionReader {
  /** A `path` or `string`. */
  readonly string: (key: string) => string | undefined;
  /** An `integer` or `number`. */
  readonly number: (key: string) => number | undefined;
  readonly boolean: (key: string) => boolean | undefined;
  readonly strings: (key: string) => readonly string[] | undefined;
  /** One of `choices`, typed. */
  readonly choice: <T extends string>(key: string, choices: readonly T[]) => T | undefined;
  /** A list of `choices`, typed. */
  readonly choiceList: <T extends string>(
    key: string,
    choices: readonly T[],
  ) => readonly T[] | undefined;
  /** A `string-map`; null values stay. */
  readonly stringMap: (key: string) => Readonly<Record<string, string | null>> | undefined;
  readonly pathMap: (key: string) => Readonly<Record<string, string>> | undefined;
  readonly numberMap: (key: string) => Readonly<Record<string, number>> | undefined;
  /** A `path` or `string` that must be there. */
  readonly requiredString: (key: string) => string;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");
const isStringMap = (value: unknown): value is Readonly<Record<string, string | null>> =>
  isObject(value) &&
  Object.values(value).every((item) => typeof item === "string" || item === null);
const isPathMap = (value: unknown): value is Readonly<Record<string, string>> =>
  isObject(value) && Object.values(value).every((item) => typeof item === "string" && item !== "");
const isNumberMap = (value: unknown): value is Readonly<Record<string, number>> =>
  isObject(value) && Object.values(value).every((item) => Number.isFinite(item));

const kinds: {
  readonly [K in OptionKind]: {
    readonly test: (value: unknown) => boolean;
    readonly words: string;
  };
} = {
  path: { test: (value) => typeof value === "string" && value !== "", words: "a path" },
  string: { test: (value) => typeof value === "string", words: "a string" },
  integer: { test: Number.isSafeInteger, words: "an integer" },
  number: { test: Number.isFinite, words: "a number" },
  boolean: { test: (value) => typeof value === "boolean", words: "true or false" },
  strings: { test: isStrings, words: "a list of strings" },
  "path-map": { test: isPathMap, words: "an object of paths" },
  "string-map": { test: isStringMap, words: "an object of strings" },
  "number-map": { test: isNumberMap, words: "an object of numbers" },
};

function checkOption(value: unknown, key: string, shape: OptionShape, where: string): void {
  const { test, words } = kinds[shape.kind];
  const refuse = (what: string): never => {
    throw new CounterweightError("spec", `${key}: ${what}`, { where, fix: shape.description });
  };
  if (!test(value)) refuse(`needed ${words}, got ${JSON.stringify(value) ?? String(value)}.`);
  if (shape.minimum !== undefined && typeof value === "number" && value < shape.minimum) {
    refuse(`needed ${shape.minimum} or more, got ${value}.`);
  }
  if (shape.choices === undefined) return;
  for (const item of Array.isArray(value) ? value : [value]) {
    if (shape.choices.includes(String(item))) continue;
    const close = nearest(String(item), shape.choices);
    const hint = close === undefined ? "" : ` Did you mean ${visible(close)}?`;
    refuse(
      `needed one of ${listed(shape.choices.map(visible))}, got ${JSON.stringify(item)}.${hint}`,
    );
  }
}

/**
 * Checks a record against option shapes and gives typed access to it. Undefined values count as
 * absent.
 * @throws CounterweightError `spec` for unknown keys (with the nearest), missing and ill-typed values.
 */
export function readOptions(
  where: string,
  shapes: OptionShapes,
  record: Readonly<Record<string, unknown>>,
): OptionReader {
  const values = new Map(Object.entries(record).filter(([, value]) => value !== undefined));
  for (const [key, value] of values) {
    const shape = Object.hasOwn(shapes, key) ? shapes[key] : undefined;
    if (shape === undefined) {
      const close = nearest(key, Object.keys(shapes));
      throw new CounterweightError("spec", `unknown option ${visible(key)}.`, {
        where,
        fix:
          close === undefined
            ? `Known options: ${listed(Object.keys(shapes))}.`
            : `Did you mean ${visible(close)}?`,
      });
    }
    checkOption(value, key, shape, where);
  }
  for (const [key, shape] of Object.entries(shapes)) {
    if (shape.required === true && !values.has(key)) {
      throw new CounterweightError("spec", `${key} is missing.`, { where, fix: shape.description });
    }
  }
  const read = <T>(key: string, test: (value: unknown) => value is T): T | undefined => {
    const value = values.get(key);
    if (value === undefined || test(value)) return value;
    throw new CounterweightError(
      "internal",
      `${where}: option ${key} is read as another kind than declared`,
    );
  };
  const oneOf =
    <T extends string>(choices: readonly T[]) =>
    (value: unknown): value is T =>
      choices.some((choice) => choice === value);
  const string = (key: string): string | undefined =>
    read(key, (value) => typeof value === "string");
  return {
    string,
    number: (key) => read(key, (value) => typeof value === "number"),
    boolean: (key) => read(key, (value) => typeof value === "boolean"),
    strings: (key) => read(key, isStrings),
    choice: (key, choices) => read(key, oneOf(choices)),
    choiceList: (key, choices) =>
      read(
        key,
        (value): value is (typeof choices)[number][] =>
          Array.isArray(value) && value.every(oneOf(choices)),
      ),
    stringMap: (key) => read(key, isStringMap),
    pathMap: (key) => read(key, isPathMap),
    numberMap: (key) => read(key, isNumberMap),
    requiredString: (key) => {
      const value = string(key);
      if (value !== undefined) return value;
      throw new CounterweightError(
        "internal",
        `${where}: option ${key} is not declared as required`,
      );
    },
  };
}
