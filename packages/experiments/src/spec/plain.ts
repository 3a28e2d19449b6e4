import type { SpecPath } from "./document.js";

/** A mapping of plain data. */
export type Mapping = Readonly<Record<string, unknown>>;

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What stands at a path, undefined where nothing does. */
export function valueAt(value: unknown, path: SpecPath): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, step)) {
      return undefined;
    }
    current = Reflect.get(current, step);
  }
  return current;
}

/**
 * A copy with `leaf` at `path`; all that is not on the way is shared. Mappings that are missing are
 * made; undefined where the path leads through anything else, or past the end of a list.
 */
export function setIn(value: unknown, path: SpecPath, leaf: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return leaf;
  if (Array.isArray(value)) {
    const index = Number(step);
    if (!Number.isInteger(index) || index < 0 || index >= value.length) return undefined;
    const below = setIn(value[index], rest, leaf);
    return below === undefined ? undefined : value.with(index, below);
  }
  if (value !== undefined && value !== null && !isMapping(value)) return undefined;
  const below = setIn(valueAt(value, [step]), rest, leaf);
  return below === undefined ? undefined : { ...value, [step]: below };
}

/** `over` on top of `under`: mappings key by key, everything else replaced, null too. */
export function mergeDeep(under: unknown, over: unknown): unknown {
  if (!isMapping(under) || !isMapping(over)) return over;
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    merged[key] = Object.hasOwn(under, key) ? mergeDeep(under[key], value) : value;
  }
  return merged;
}
