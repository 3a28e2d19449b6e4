import type { SpecPath } from "./document.js";
import { alternatives, childNodes, listKeys, type SchemaNode } from "./json-schema.js";
import { suggest } from "./suggest.js";

/** Sections and keys whose settings can be swept. */
const sweptTops: readonly string[] = [
  "model",
  "train",
  "checker",
  "weights",
  "generated",
  "generatedRows",
  "generatedRowsFile",
];

/** What a trial has beside its swept settings; keys of exclude and include. */
export const nativeKeys = ["benchmark", "generated", "checkerFraction", "seed", "method"] as const;
export type NativeKey = (typeof nativeKeys)[number];

export const isNativeKey = (key: string): key is NativeKey =>
  nativeKeys.some((native) => native === key);

/** Lists of the spec that are axes without a sweep. */
const nativeLists: readonly string[] = ["benchmarks", "checkerFraction", "seeds", "methods"];

/** Where a swept setting stands; names of benchmarks may hold dots themselves. */
export function pathOfKey(key: string): SpecPath {
  if (key.startsWith("generated.")) return ["generated", key.slice("generated.".length)];
  return key.split(".");
}

/** Why a key names no setting that can be swept; undefined if it does. */
export function keyProblem(key: string, schema: SchemaNode): string | undefined {
  const path = pathOfKey(key);
  const top = String(path[0]);
  const native = nativeLists.find((name) => name === key || name === `${key}s`);
  if (native !== undefined) return `is an axis without a sweep: list its values under ${native}.`;
  if (key === "generated") return "is swept by benchmark: generated.NAME, with its name.";
  let nodes = alternatives(schema);
  for (const step of path) nodes = /^\d+$/.test(String(step)) ? [] : childNodes(nodes, step);
  if (nodes.length > 0 && sweptTops.includes(top)) return undefined;
  if (nodes.length > 0) return `cannot be swept. Swept can be: ${sweptTops.join(", ")}.`;
  const near = nearestKey(key, schema);
  return `no setting has this name.${near === undefined ? "" : ` Did you mean "${near}"?`}`;
}

/** The setting most likely meant: by its whole name, or by its last word. */
function nearestKey(key: string, schema: SchemaNode): string | undefined {
  const keys = listKeys(schema)
    .map(({ path }) => path)
    .filter((path) => sweptTops.some((top) => path.startsWith(`${top}.`)) && !path.includes("["));
  const last = (path: string): string => path.slice(path.lastIndexOf(".") + 1);
  const word = suggest(last(key), [...new Set(keys.map(last))]);
  const section = key.includes(".") ? key.slice(0, key.indexOf(".")) : "train";
  const named = keys.filter((path) => last(path) === word);
  return named.find((path) => path.startsWith(`${section}.`)) ?? named[0] ?? suggest(key, keys);
}
