import type { SpecPath } from "./document.js";
import { isMapping, type Mapping, valueAt } from "./plain.js";

/** A spec whose `sweep` has dotted keys only, and where each of them stood before. */
export interface FlatSpec {
  readonly value: unknown;
  readonly origin: (path: SpecPath) => SpecPath;
  /** Keys that were written twice, once dotted and once nested. */
  readonly twice: readonly SpecPath[];
}

/**
 * Brings the `sweep` section of a written spec into one form: `{ train: { epochs: [1, 2] } }` becomes
 * `{ "train.epochs": [1, 2] }`. What is malformed is left for the schema to refuse.
 */
export function flattenSweep(spec: unknown): FlatSpec {
  const origins = new Map<string, SpecPath>();
  const twice: SpecPath[] = [];
  const sweep = valueAt(spec, ["sweep"]);
  const origin = (path: SpecPath): SpecPath => {
    if (path[0] !== "sweep") return path;
    for (const length of [3, 4]) {
      const known = origins.get(keyOf(path.slice(0, length)));
      if (known !== undefined) return [...known, ...path.slice(length)];
    }
    return path;
  };
  if (!isMapping(spec) || !isMapping(sweep)) return { value: spec, origin, twice };

  function flatten(mapping: Mapping, at: SpecPath, isLeaf: (key: string) => boolean): Mapping {
    const flat: Record<string, unknown> = {};
    const walk = (below: Mapping, prefix: string, stood: SpecPath): void => {
      for (const [name, value] of Object.entries(below)) {
        const key = prefix === "" ? name : `${prefix}.${name}`;
        const here = [...stood, name];
        if (isMapping(value) && Object.keys(value).length > 0 && !isLeaf(key)) {
          walk(value, key, here);
        } else if (Object.hasOwn(flat, key)) {
          twice.push(here);
        } else {
          flat[key] = value;
          origins.set(keyOf([...at, key]), here);
        }
      }
    };
    walk(mapping, "", at);
    return flat;
  }

  const axesOnly = (): boolean => false;
  const axes = isMapping(sweep.axes)
    ? flatten(sweep.axes, ["sweep", "axes"], axesOnly)
    : sweep.axes;
  const group = (part: string, isLeaf: (key: string) => boolean): unknown => {
    const list = sweep[part];
    if (!Array.isArray(list)) return list;
    return list.map((one: unknown, index) =>
      isMapping(one) ? flatten(one, ["sweep", part, index], isLeaf) : one,
    );
  };
  const zip = group("zip", axesOnly);
  const keys = new Set([axes, ...(Array.isArray(zip) ? zip : [])].flatMap(keysOf));
  // A mapping may be the value of an axis: nested keys end where an axis is named.
  const isAxis = (key: string): boolean => keys.has(key);
  const parts = { axes, zip, exclude: group("exclude", isAxis), include: group("include", isAxis) };
  const given = Object.entries(parts).filter(([part]) => Object.hasOwn(sweep, part));
  return { value: { ...spec, sweep: { ...sweep, ...Object.fromEntries(given) } }, origin, twice };
}

const keyOf = (path: SpecPath): string => JSON.stringify(path);
const keysOf = (group: unknown): string[] => (isMapping(group) ? Object.keys(group) : []);

/** Where the axis stands that a setting (or something above or below it) belongs to, if any. */
export function sweptBy(spec: unknown, setting: string): SpecPath | undefined {
  const sweep = valueAt(spec, ["sweep"]);
  if (!isMapping(sweep)) return undefined;
  const zip: readonly unknown[] = Array.isArray(sweep.zip) ? sweep.zip : [];
  const groups: readonly (readonly [SpecPath, unknown])[] = [
    [["sweep", "axes"], sweep.axes],
    ...zip.map((one, index): [SpecPath, unknown] => [["sweep", "zip", index], one]),
  ];
  for (const [at, group] of groups) {
    const key = keysOf(group).find((axis) => overlap(axis, setting));
    if (key !== undefined) return [...at, key];
  }
  return undefined;
}

/** Whether one of two keys is the other or lies below it. */
export const overlap = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`);
