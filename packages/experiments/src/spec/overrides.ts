import { parse } from "yaml";
import { dotted, type SpecPath } from "./document.js";
import { allows, alternatives, childNodes, knownKeys, type SchemaNode } from "./json-schema.js";
import { placeOfValue, type SpecSource } from "./layers.js";
import { isMapping, setIn, valueAt } from "./plain.js";
import type { SpecProblem } from "./problem.js";
import { suggest } from "./suggest.js";
import { sweptBy } from "./sweep-form.js";

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
 * Applies `a.b=1` overrides to the plain value of a spec, in order, later ones winning. Values are YAML
 * scalars or flow collections; where the key takes a list, `0,1,2` is one,
 * and where it takes nothing else, so is a single name. `a[0].b` is `a.0.b`. In `sweep`, what comes
 * after `axes` (or a numbered rule or group) is one key: `sweep.axes.train.epochs=1,2`.
 */
export function applyOverrides(
  spec: unknown,
  overrides: readonly string[],
  schema: SchemaNode,
  source: SpecSource,
): {
  readonly value: unknown;
  readonly problems: SpecProblem[];
  readonly replacements: Replacement[];
} {
  const problems: SpecProblem[] = [];
  const replacements: Replacement[] = [];
  let current = spec;
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
    const found = locate(current, words, schema, source);
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
    const replaced = setIn(current, found.path, value.value);
    if (replaced === undefined) {
      refuse(words, "cannot be set: the spec has no mapping or list to set it in.");
      continue;
    }
    replacements.push({
      path: words,
      value: written,
      ...describeOld(current, found.path, source),
    });
    current = replaced;
  }
  return { value: current, problems, replacements };
}

type Located =
  | { readonly path: SpecPath; readonly nodes: readonly SchemaNode[] }
  | { readonly message: string };

/** The keys of a sweep after which one dotted key follows. */
const sweptWords = /^(sweep\.(?:axes|(?:zip|exclude|include)\.\d+))\.(.+)$/;
/** An axis is a list, whatever its setting is; of a rule the setting says. */
const listNodes: readonly SchemaNode[] = [{ type: "array" }, {}];

function locate(spec: unknown, words: string, schema: SchemaNode, source: SpecSource): Located {
  const swept = sweptWords.exec(words);
  if (swept !== null) {
    const [, place = "", key = ""] = swept;
    const path = place.split(".").map((word) => (/^\d+$/.test(word) ? Number(word) : word));
    const isAxis = path[1] === "axes" || path[1] === "zip";
    return { path: [...path, key], nodes: isAxis ? listNodes : [{}] };
  }
  if (words === "extends") return { message: "which files a spec extends is said in its text." };
  const axis = sweptBy(spec, words);
  if (axis !== undefined) {
    const { where } = describeOld(spec, axis, source);
    const place = where === undefined ? "" : ` (${where})`;
    return {
      message: `is swept${place}: write ${dotted(axis)}=VALUE to give its axis other values, or one.`,
    };
  }
  return locateKey(spec, words, schema, source);
}

function locateKey(spec: unknown, words: string, schema: SchemaNode, source: SpecSource): Located {
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
      const old = describeOld(spec, meant, source);
      const now = old.where === undefined ? "" : ` (now ${old.replaced}, ${old.where})`;
      return { message: `unknown key. Did you mean "${dotted(meant)}"${now}?` };
    }
    path.push(Array.isArray(valueAt(spec, path)) && /^\d+$/.test(word) ? Number(word) : word);
    nodes = below;
  }
  return { path, nodes };
}

function describeOld(
  spec: unknown,
  path: SpecPath,
  source: SpecSource,
): { readonly replaced: string | undefined; readonly where: string | undefined } {
  const old = valueAt(spec, path);
  if (old === undefined) return { replaced: undefined, where: undefined };
  const place = placeOfValue(source, path);
  return {
    replaced: isMapping(old) ? "a mapping" : Array.isArray(old) ? flat(old) : String(old),
    where: place?.kind === "text" ? `${place.file}:${place.line}` : undefined,
  };
}

const flat = (items: readonly unknown[]): string =>
  `[${items.map((item) => (typeof item === "object" && item !== null ? "..." : String(item))).join(", ")}]`;

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
