import type { StringMap } from "mlflow-js-client";
import { type EventFields, isFields } from "./fields.js";

const longestParam = 6000;
const longestTag = 8000;

/** Params and tags are cut here, since a server cuts them without a word. */
const cut = (value: string, length: number): string => {
  const characters = Array.from(value);
  return characters.length <= length ? value : `${characters.slice(0, length - 1).join("")}…`;
};

const text = (value: unknown): string =>
  typeof value === "string" ? value : (JSON.stringify(value) ?? "");

/**
 * Settings as flat params: keys of nested mappings joined by dots, lists and null as JSON. What is
 * undefined is left out.
 */
export function flatParams(settings: EventFields, prefix = ""): StringMap {
  const params: Record<string, string> = {};
  for (const [key, value] of Object.entries(settings)) {
    if (value === undefined) continue;
    if (isFields(value)) Object.assign(params, flatParams(value, `${prefix}${key}.`));
    else params[`${prefix}${key}`] = cut(text(value), longestParam);
  }
  return params;
}

/** Tags without the empty ones. */
export function tagsOf(tags: Readonly<Record<string, string | undefined>>): StringMap {
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) =>
      value === undefined || value === "" ? [] : [[key, cut(value, longestTag)]],
    ),
  );
}
