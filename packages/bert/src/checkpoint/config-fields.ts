import { CounterweightError } from "@counterweight/base";
import { isJsonObject, type JsonObject } from "./model-folder.js";

function fail(key: string, needed: string, got: unknown, where: string): never {
  throw new CounterweightError("model", `${key}: needed ${needed}, got ${JSON.stringify(got)}.`, {
    where,
  });
}

/** A whole number from 1 to 2^31 - 1. */
export function size(json: JsonObject, key: string, standard: number, where: string): number {
  const value = json[key] ?? standard;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value >= 2 ** 31) {
    return fail(key, "a whole number of at least 1", value, where);
  }
  return value;
}

/** A finite number above zero. */
export function realNumber(json: JsonObject, key: string, standard: number, where: string): number {
  const value = json[key] ?? standard;
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) {
    return fail(key, "a number above 0", value, where);
  }
  return value;
}

/** A dropout probability: 0 <= p < 1. */
export function probability(
  json: JsonObject,
  key: string,
  standard: number,
  where: string,
): number {
  const value = json[key] ?? standard;
  if (typeof value !== "number" || !(value >= 0 && value < 1)) {
    return fail(key, "a probability from 0 to below 1", value, where);
  }
  return value;
}

/** A boolean, false where absent. */
export function flag(json: JsonObject, key: string, where: string): boolean {
  const value = json[key] ?? false;
  return typeof value === "boolean" ? value : fail(key, "true or false", value, where);
}

/** A string, where there is one. */
export function optionalText(json: JsonObject, key: string, where: string): string | undefined {
  const value = json[key] ?? undefined;
  return value === undefined || typeof value === "string"
    ? value
    : fail(key, "a string", value, where);
}

/** One of the words in `known`. */
export function choice<T extends string>(
  json: JsonObject,
  key: string,
  standard: T,
  known: readonly T[],
  where: string,
): T {
  const value = json[key] ?? standard;
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  return fail(key, `one of ${known.map((one) => JSON.stringify(one)).join(", ")}`, value, where);
}

/** Class names in index order: from `id2label`, else `num_labels` (2 where absent) numbered ones. */
export function labelsOf(json: JsonObject, where: string): readonly string[] {
  const names = json.id2label ?? undefined;
  if (names === undefined) {
    const count = size(json, "num_labels", 2, where);
    return Array.from({ length: count }, (_, index) => `LABEL_${index}`);
  }
  if (!isJsonObject(names)) return fail("id2label", "an object", names, where);
  const entries = Object.entries(names);
  if (entries.length === 0) return fail("id2label", "at least one class", names, where);
  return Array.from({ length: entries.length }, (_, index) => {
    const name = names[String(index)];
    return typeof name === "string"
      ? name
      : fail(`id2label["${index}"]`, "a class name", name ?? null, where);
  });
}

/** Indices by class name, as `config.json` keeps them beside `id2label`. */
export function label2idOf(names: readonly string[]): JsonObject {
  return Object.fromEntries(names.map((name, index) => [name, index]));
}
