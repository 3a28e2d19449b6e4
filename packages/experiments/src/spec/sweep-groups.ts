import { canonicalJson } from "@counterweight/base";
import type { Settings, SweepSpec } from "./schema-sweep.js";
import { isNativeKey } from "./sweep-keys.js";

/** Settings that move together: one of the rows holds at a time. An axis is a group of one key. */
export interface SweepGroup {
  readonly keys: readonly string[];
  /** `rows[i][k]` is the value of key k. */
  readonly rows: readonly (readonly unknown[])[];
}

/** Axes in the order written, then zipped groups; the last changes fastest. */
export function sweepGroups({ axes, zip }: Pick<SweepSpec, "axes" | "zip">): SweepGroup[] {
  const ofAxes = Object.entries(axes).map(
    ([key, values]): SweepGroup => ({
      keys: [key],
      rows: values.map((value) => [value]),
    }),
  );
  const ofZips = zip.map((group): SweepGroup => {
    const columns = Object.values(group);
    const rows = (columns[0] ?? []).map((_, row) => columns.map((column) => column[row]));
    return { keys: Object.keys(group), rows };
  });
  return [...ofAxes, ...ofZips];
}

/** Rows of a group that have the values a rule asks for; undefined where it asks for none. */
export function matchingRows(group: SweepGroup, rule: Settings): readonly number[] | undefined {
  const asked = group.keys.flatMap((key, column) =>
    Object.hasOwn(rule, key) ? [{ column, id: canonicalJson(rule[key] ?? null) }] : [],
  );
  if (asked.length === 0) return undefined;
  return group.rows.flatMap((row, index) =>
    asked.every(({ column, id }) => canonicalJson(row[column] ?? null) === id) ? [index] : [],
  );
}

/** How many combinations of rows there are; 1 where nothing is swept. */
export const combinations = (groups: readonly SweepGroup[]): number =>
  groups.reduce((product, { rows }) => product * rows.length, 1);

/** Settings of a rule that belong to no group. */
export const ownSettings = (rule: Settings, groups: readonly SweepGroup[]): [string, unknown][] =>
  Object.entries(rule).filter(
    ([key]) => !isNativeKey(key) && !groups.some(({ keys }) => keys.includes(key)),
  );
