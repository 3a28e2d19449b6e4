import { expandSweep } from "./expand.js";
import type { ResolvedSpec } from "./resolve.js";
import type { Spec } from "./schema.js";
import type { Settings } from "./schema-sweep.js";
import type { Variant } from "./variants.js";

/** One cell of the table for one seed: a flat, readable record. */
export interface Trial {
  /** Name of its variant; empty where nothing is swept. */
  readonly variant: string;
  readonly benchmark: string;
  readonly generated: string;
  readonly checkerFraction: number;
  readonly seed: number;
  /** Name of the row in the table. */
  readonly method: string;
  /** A loss, or `quality-checker`. */
  readonly loss: string;
  readonly gamma: number;
  /** The swept settings of its variant, by dotted key. */
  readonly settings: Settings;
}

/** All trials of a spec in their stable order; see `expandSweep`, which gives the variants too. */
export const expandTrials = (spec: Spec): Trial[] => [...expandSweep(spec).trials];

/** All variants of a spec that have a trial; of a spec without a sweep the only one, named "". */
export const expandVariants = ({ settings }: Pick<ResolvedSpec, "settings">): Variant[] => [
  ...expandSweep(settings).variants,
];

/**
 * Every setting that decides a variant's trainings as one flat record, such as
 * `{ "train.epochs": 5, "weights.transform": [] }`: what tables, trackers and people compare.
 */
export function flatSettings({
  model,
  train,
  checker,
  weights,
  generatedRows,
}: Pick<Spec, "model" | "train" | "checker" | "weights" | "generatedRows">): Settings {
  const flat: Record<string, unknown> = {};
  const walk = (value: unknown, key: string): void => {
    if (value === undefined) return;
    if (typeof value !== "object" || value === null || Array.isArray(value)) flat[key] = value;
    else for (const [name, below] of Object.entries(value)) walk(below, `${key}.${name}`);
  };
  for (const [key, value] of Object.entries({ model, train, checker, weights, generatedRows })) {
    walk(value, key);
  }
  return flat;
}
