import { canonicalJson } from "@counterweight/base";
import type { Making } from "../step.js";
import type { Entry, Store } from "../store.js";

/** One setting or input that differs. */
export interface Difference {
  /**
   * Dotted: `version`, `settings.train.learningRate`, `inputs.rows`, and through an input
   * `inputs.rows.settings.seed`.
   */
  readonly path: string;
  /** Of the making asked for; undefined where it has none there. */
  readonly wanted: unknown;
  /** Of the stored entry. */
  readonly stored: unknown;
}

/** Why a making has no entry, as told by the entry that is nearest to it. */
export interface Explanation {
  /** Entries of the same kind in the store. */
  readonly candidates: number;
  /** The one with the fewest differences, of equals the last made; undefined where there is none. */
  readonly nearest:
    | { readonly entry: Entry; readonly differences: readonly Difference[] }
    | undefined;
}

export interface ExplainOptions {
  /**
   * Making of a step by its key, such as from the plan: an input that is not in the store itself can
   * be looked through only so.
   */
  readonly makingOf?: (key: string) => Making | undefined;
}

/** So many of the entries that are nearest by settings and input keys are looked through. */
const lookedThrough = 16;

/**
 * Finds the entry of the same kind with the fewest differing settings and inputs. Where an input
 * differs, the makings behind both keys are compared in its place, and so on; entries whose inputs
 * are of another kind come last.
 */
export async function explainMiss(
  store: Store,
  making: Making,
  { makingOf = () => undefined }: ExplainOptions = {},
): Promise<Explanation> {
  const candidates: Candidate[] = [];
  for (const key of await store.keys()) {
    const entry = await store.describe(key);
    if (entry?.making.kind === making.kind) {
      const differences = compareMakings(making, entry.making);
      candidates.push({ entry, differences, strange: 0 });
    }
  }
  const find = async (key: string): Promise<Making | undefined> =>
    makingOf(key) ?? (/^[0-9a-f]{64}$/.test(key) ? (await store.describe(key))?.making : undefined);
  const near = candidates.sort(byNearness).slice(0, lookedThrough);
  const deep = await Promise.all(
    near.map(async ({ entry }): Promise<Candidate> => {
      const look: Look = { prefix: "", find, seen: new Set(), strange: [] };
      const differences = await throughInputs(making, entry.making, look);
      return { entry, differences, strange: look.strange.length };
    }),
  );
  const [first] = deep.sort(byNearness);
  const nearest = first && { entry: first.entry, differences: first.differences };
  return { candidates: candidates.length, nearest };
}

interface Candidate {
  readonly entry: Entry;
  readonly differences: readonly Difference[];
  /** How many of its inputs are of another kind than those asked for. */
  readonly strange: number;
}

/** One whose input is another kind of thing says nothing of use, however few its differences. */
function byNearness(left: Candidate, right: Candidate): number {
  if (left.strange !== right.strange) return left.strange - right.strange;
  const fewer = left.differences.length - right.differences.length;
  if (fewer !== 0) return fewer;
  const [later, earlier] = [right.entry.record.ended, left.entry.record.ended];
  if (later !== earlier) return later < earlier ? -1 : 1;
  return left.entry.key < right.entry.key ? -1 : 1;
}

/** Version, settings and input keys that differ, without looking behind the keys. */
export function compareMakings(wanted: Making, stored: Making): Difference[] {
  return [
    ...leaves("version", wanted.version, stored.version),
    ...leaves("settings", wanted.settings, stored.settings),
    ...leaves("inputs", wanted.inputs, stored.inputs),
  ];
}

interface Look {
  readonly prefix: string;
  readonly find: (key: string) => Promise<Making | undefined>;
  /** Pairs of keys that were looked behind: what differs there is told once. */
  readonly seen: Set<string>;
  /** Paths of inputs whose kinds differ. */
  readonly strange: string[];
}

async function throughInputs(wanted: Making, stored: Making, look: Look): Promise<Difference[]> {
  const { prefix, find, seen } = look;
  const found: Difference[] = [];
  for (const difference of compareMakings(wanted, stored)) {
    const path = `${prefix}${difference.path}`;
    const keys = [difference.wanted, difference.stored];
    const [left, right] = difference.path.startsWith("inputs.")
      ? await Promise.all(
          keys.map(async (key) => (typeof key === "string" ? find(key) : undefined)),
        )
      : [];
    if (left === undefined || right === undefined || left.kind !== right.kind) {
      found.push({ ...difference, path });
      if (left !== undefined && right !== undefined) look.strange.push(path);
      continue;
    }
    const pair = keys.join(" ");
    if (seen.has(pair)) continue;
    seen.add(pair);
    found.push(...(await throughInputs(left, right, { ...look, prefix: `${path}.` })));
  }
  return found;
}

/** Leaves of two JSON values that differ. Arrays are compared whole: positions mean little. */
function leaves(path: string, wanted: unknown, stored: unknown): Difference[] {
  if (isFields(wanted) && isFields(stored)) {
    const names = new Set([...Object.keys(wanted), ...Object.keys(stored)]);
    return [...names]
      .sort()
      .flatMap((name) => leaves(`${path}.${name}`, own(wanted, name), own(stored, name)));
  }
  return text(wanted) === text(stored) ? [] : [{ path, wanted, stored }];
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const own = (fields: Fields, name: string): unknown =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;

const text = (value: unknown): string => (value === undefined ? "" : canonicalJson(value));
