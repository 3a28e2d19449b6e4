import type { SpecPath } from "./document.js";
import type { Spec } from "./schema.js";
import { noSweep, type Settings } from "./schema-sweep.js";
import { pathOfKey } from "./sweep-keys.js";

/** One combination of the swept settings. */
export interface Variant {
  /** Such as `learningRate=3e-5, clip ..10`; empty where nothing is swept. */
  readonly name: string;
  /** The swept settings by dotted key. */
  readonly settings: Settings;
  /** The whole spec with these settings in place, and nothing swept. Shares what does not differ. */
  readonly spec: Spec;
}

/** A variant whose spec is put together when it is first asked for. */
export function lazyVariant(base: Spec, name: string, settings: Settings): Variant {
  let spec: Spec | undefined;
  return {
    name,
    settings,
    get spec() {
      spec ??= withSettings(base, settings);
      return spec;
    },
  };
}

/** The spec with other values for some settings, and nothing swept; the given one is left as it is. */
export function withSettings(base: Spec, settings: Settings): Spec {
  let spec: Spec = { ...base, sweep: noSweep };
  for (const [key, value] of Object.entries(settings)) {
    spec = replaced(spec, pathOfKey(key), 0, value);
  }
  return spec;
}

function replaced<Value extends object>(
  value: Value,
  path: SpecPath,
  depth: number,
  leaf: unknown,
): Value {
  const copy = { ...value };
  const step = path[depth] ?? "";
  const child: unknown = Reflect.get(value, step);
  const below =
    depth === path.length - 1
      ? leaf
      : replaced(typeof child === "object" && child !== null ? child : {}, path, depth + 1, leaf);
  Reflect.set(copy, step, below);
  return copy;
}
