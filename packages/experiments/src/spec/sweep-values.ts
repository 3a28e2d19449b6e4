import { canonicalJson } from "@counterweight/base";
import type { z } from "zod";
import { dotted, type SpecPath } from "./document.js";
import { problemsOfIssues, shown } from "./issues.js";
import type { SchemaNode } from "./json-schema.js";
import { placeOfKey, placeOfValue, type SpecSource } from "./layers.js";
import { isMapping, mergeDeep, setIn, valueAt } from "./plain.js";
import type { SpecProblem } from "./problem.js";
import { specSchema } from "./schema.js";
import type { Settings, SweepSpec } from "./schema-sweep.js";
import { didYouMean } from "./suggest.js";
import { overlap } from "./sweep-form.js";
import { keyProblem, pathOfKey } from "./sweep-keys.js";

/** What sweeps are checked against. */
export interface SweepContext {
  /** The spec as written, with a value for every key that is required. */
  readonly whole: unknown;
  /** The spec as written. */
  readonly written: unknown;
  readonly source: SpecSource;
  readonly schema: SchemaNode;
}

const sections: ReadonlyMap<string, z.ZodType> = new Map(Object.entries(specSchema.shape));

/** Turns a value of a swept setting into what the spec would have there, by the spec's own schema. */
export function settingParser({ whole, written, source, schema }: SweepContext) {
  return (
    key: string,
    value: unknown,
    at: SpecPath,
  ): { readonly value: unknown } | { readonly problems: SpecProblem[] } => {
    const path = pathOfKey(key);
    const [top = "", ...rest] = path;
    const refuse = (message: string) => ({
      problems: [{ path: dotted(at), message, place: placeOfValue(source, at) }],
    });
    if (value === undefined) return refuse("needed a value.");
    // As with `extends`, a mapping completes the one that the spec has there.
    const given = isMapping(value) ? mergeDeep(valueAt(written, path), value) : value;
    const section = setIn(valueAt(whole, [top]), rest, given);
    const parsed = sections.get(String(top))?.safeParse(section);
    if (parsed?.success === true) return { value: valueAt(parsed.data, rest) };
    const filled = setIn(whole, [top], section);
    const found = problemsOfIssues(parsed?.error.issues ?? [], filled, source, schema, [top]);
    return {
      problems: found.map(({ path: problem, message }) => {
        const inside = problem.startsWith(`${key}.`) ? problem.slice(key.length + 1) : "";
        const below = inside === "" ? [] : inside.split(".").map(step);
        const place = placeOfValue(source, [...at, ...below]);
        return { path: dotted([...at, ...below]), message, place };
      }),
    };
  };
}

const step = (word: string): string | number => (/^\d+$/.test(word) ? Number(word) : word);

/** The sweep as the schema took it, before its values are checked. */
export type WrittenSweep = z.output<typeof specSchema>["sweep"];

/** Axes and zipped groups with every value checked once. */
export function resolveAxes(
  { axes, zip }: WrittenSweep,
  context: SweepContext,
): { readonly axes: SweepSpec["axes"]; readonly zip: SweepSpec["zip"]; problems: SpecProblem[] } {
  const { source, schema } = context;
  const parse = settingParser(context);
  const problems: SpecProblem[] = [];
  const seen: string[] = [];
  const refuse = (at: SpecPath, message: string, onKey = false): void => {
    const place = onKey ? placeOfKey(source, at) : placeOfValue(source, at);
    problems.push({ path: dotted(at), message, place });
  };

  function column(key: string, written: unknown, at: SpecPath): readonly unknown[] | undefined {
    const strange = keyProblem(key, schema);
    if (strange !== undefined) {
      refuse(at, strange, true);
      return undefined;
    }
    const other = seen.find((one) => overlap(one, key));
    seen.push(key);
    if (other !== undefined) {
      refuse(at, `${other} is swept already, and one is part of the other.`, true);
      return undefined;
    }
    if (isMapping(written) || (Array.isArray(written) && written.length === 0)) {
      refuse(at, `needed a list of values, got ${shown(written)}.`);
      return undefined;
    }
    const values: readonly unknown[] = Array.isArray(written) ? written : [written];
    return values.map((value, index) => {
      const parsed = parse(key, value, [...at, index]);
      if ("value" in parsed) return parsed.value;
      problems.push(...parsed.problems);
      return undefined;
    });
  }

  /** Two equal values would be two names for one trial. */
  function checkTwice(rows: readonly unknown[], atRow: (row: number) => SpecPath): void {
    const first = new Map<string, number>();
    rows.forEach((row, index) => {
      const id = canonicalJson(row);
      const before = first.get(id);
      if (before === undefined) first.set(id, index);
      else refuse(atRow(index), `is the same as value ${before + 1} of this axis.`);
    });
  }

  function columns(group: Settings, at: SpecPath): Record<string, readonly unknown[]> {
    return Object.fromEntries(
      Object.entries(group).flatMap(([key, written]) => {
        const values = column(key, written, [...at, key]);
        return values === undefined ? [] : [[key, values]];
      }),
    );
  }

  const product = columns(axes, ["sweep", "axes"]);
  for (const [key, values] of Object.entries(product)) {
    if (!values.includes(undefined)) checkTwice(values, (row) => ["sweep", "axes", key, row]);
  }
  const groups = zip.map((group, index) => {
    const at = ["sweep", "zip", index];
    const resolved = columns(group, at);
    const [first, ...others] = Object.entries(resolved);
    if (first === undefined) {
      if (Object.keys(group).length === 0) refuse(at, "needed a mapping of settings to lists.");
      return resolved;
    }
    const [firstKey, values] = first;
    const uneven = others.filter(([, list]) => list.length !== values.length);
    for (const [key, list] of uneven) {
      const message = `has ${list.length} values, ${firstKey} ${values.length}; those of a group move together.`;
      refuse([...at, key], message);
    }
    if (uneven.length === 0 && problems.length === 0) {
      const rows = values.map((_, row) => Object.values(resolved).map((list) => list[row] ?? null));
      checkTwice(rows, (row) => [...at, firstKey, row]);
    }
    return resolved;
  });
  return { axes: product, zip: groups, problems };
}

/** Names of swept settings that no axis has. */
export function nameProblems(
  names: Readonly<Record<string, string>>,
  keys: readonly string[],
  source: SpecSource,
): SpecProblem[] {
  return Object.keys(names)
    .filter((key) => !keys.includes(key))
    .map((key) => ({
      path: dotted(["sweep", "names", key]),
      message: `is not swept. ${didYouMean(key, keys)}`,
      place: placeOfKey(source, ["sweep", "names", key]),
    }));
}
