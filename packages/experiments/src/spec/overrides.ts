import { isMap, isScalar, isSeq, parse } from "yaml";
import { dotted, placeOfValue, type SpecDocument, type SpecPath } from "./document.js";
import { allows, alternatives, childNodes, knownKeys, type SchemaNode } from "./json-schema.js";
import type { SpecProblem } from "./problem.js";
import { suggest } from "./suggest.js";

/** What an override took the place of. */
export interface Replacement {
  readonly path: string;
  /** The new value, as typed. */
  readonly value: string;
  /** The old value as text, undefined where the spec did not give the key. */
  readonly replaced: string | undefined;
  /** `file:line` of the old value. */
  readonly where: string | undefined;
}

/**
 * Joins words that a shell split at the spaces of a list: `seeds=0, 1, 2` arrives as three.
 * A word belongs to the one before it if that ends, or it begins, with a comma.
 */
export function joinOverrideWords(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of words) {
    const last = joined.at(-1);
    const goesOn = last?.endsWith(",") === true && !word.includes("=");
    if (last?.includes("=") === true && (goesOn || word.startsWith(","))) {
      joined[joined.length - 1] = `${last} ${word}`;
    } else {
      joined.push(word);
    }
  }
  return joined;
}

/**
 * Applies `a.b=1` overrides to the document in place, in order, later ones winning. Values are YAML
 * scalars or flow collections; where the key takes a list, `0,1,2` is one,
 * and where it takes nothing else, so is a single name. `a[0].b` is `a.0.b`.
 */
export function applyOverrides(
  source: SpecDocument,
  overrides: readonly string[],
  schema: SchemaNode,
): { readonly problems: SpecProblem[]; readonly replacements: Replacement[] } {
  const problems: SpecProblem[] = [];
  const replacements: Replacement[] = [];
  for (const argument of overrides) {
    const refuse = (path: string, message: string): void => {
      problems.push({ path, message, place: { kind: "override", argument } });
    };
    const equals = argument.indexOf("=");
    const words = argument
      .slice(0, Math.max(0, equals))
      .trim()
      .replace(/\[(\d+)\]/g, ".$1");
    if (words === "") {
      refuse("", "an override is written key=value, such as train.epochs=3.");
      continue;
    }
    const found = locate(source, words, schema);
    if ("message" in found) {
      refuse(words, found.message);
      continue;
    }
    const written = argument.slice(equals + 1).trim();
    const value = parseValue(written, found.nodes);
    if ("message" in value) {
      refuse(words, value.message);
      continue;
    }
    replacements.push({ path: words, value: written, ...describeOld(source, found.path) });
    try {
      source.document.setIn([...found.path], source.document.createNode(value.value));
    } catch {
      replacements.pop();
      refuse(words, "cannot be set: the spec has no mapping or list to set it in.");
    }
  }
  return { problems, replacements };
}

type Located =
  | { readonly path: SpecPath; readonly nodes: readonly SchemaNode[] }
  | { readonly message: string };

/**
 * Finds the key, the longest spelling first, since names such as `gpt-3.5-turbo` hold dots
 * themselves (only names that users choose can, never ours).
 */
function locate(source: SpecDocument, words: string, schema: SchemaNode): Located {
  let nodes = alternatives(schema);
  const path: (string | number)[] = [];
  for (const word of words.split(".")) {
    const below = childNodes(nodes, word);
    if (below.length === 0) {
      const keys = knownKeys(nodes);
      const near = suggest(word, keys);
      if (near === undefined) {
        const known = keys.length === 0 ? "It has no keys." : `Known: ${keys.join(", ")}.`;
        return {
          message: `unknown key "${word}"${path.length > 0 ? ` in ${dotted(path)}` : ""}. ${known}`,
        };
      }
      const meant = [...path, near];
      const old = describeOld(source, meant);
      const now = old.where === undefined ? "" : ` (now ${old.replaced}, ${old.where})`;
      return { message: `unknown key. Did you mean "${dotted(meant)}"${now}?` };
    }
    path.push(isSeq(source.document.getIn(path, true)) && /^\d+$/.test(word) ? Number(word) : word);
    nodes = below;
  }
  return { path, nodes };
}

function describeOld(
  source: SpecDocument,
  path: SpecPath,
): { readonly replaced: string | undefined; readonly where: string | undefined } {
  const node = source.document.getIn([...path], true);
  if (node === undefined || node === null) return { replaced: undefined, where: undefined };
  const place = placeOfValue(source, path);
  const text = isScalar(node) ? String(node.value) : isMap(node) ? "a mapping" : flat(node);
  return {
    replaced: text,
    where: place?.kind === "text" ? `${source.file}:${place.line}` : undefined,
  };
}

function flat(node: unknown): string {
  return isSeq(node)
    ? `[${node.items.map((item) => (isScalar(item) ? String(item.value) : "...")).join(", ")}]`
    : "a value";
}

function parseValue(
  written: string,
  nodes: readonly SchemaNode[],
): { readonly value: unknown } | { readonly message: string } {
  const takesList = allows(nodes, "array");
  const bare = written.includes(",") && !/^[[{"']/.test(written);
  // A key that takes only text keeps it as typed, unless quoted: `name=1e5` is a name.
  if (nodes.every((node) => node.type === "string") && !/^["']/.test(written)) {
    return { value: written };
  }
  try {
    const value: unknown = parse(takesList && bare ? `[${written}]` : written, {
      maxAliasCount: 0,
    });
    // `methods=imp`: where nothing but a list can stand, one value is a list of one.
    const isOne = typeof value === "string" && nodes.every((node) => node.type === "array");
    return { value: isOne ? [value] : value };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return { message: `the value is no YAML: ${reason}` };
  }
}
