import { canonicalJson } from "@counterweight/base";
import type { Spec } from "./schema.js";
import type { Settings } from "./schema-sweep.js";
import { combinations, matchingRows, type SweepGroup, sweepGroups } from "./sweep-groups.js";
import {
  type CompiledSweep,
  compileSweep,
  exclusionsOf,
  includedPlaces,
  includedVariants,
  isExcluded,
  isInProduct,
  type NativePlace,
  nativesOf,
} from "./sweep-matching.js";
import type { Trial } from "./trials.js";
import { variantNamer } from "./variant-names.js";
import { lazyVariant, type Variant } from "./variants.js";

/** A spec's variants, each with at least one trial, and all trials. */
export interface ExpandedSweep {
  readonly variants: readonly Variant[];
  /** Of one variant after another; what `include` added comes last. */
  readonly trials: readonly Trial[];
}

/**
 * All variants and trials of a spec: variants in the order of its axes (the last changes fastest), in
 * each of them benchmarks, then fractions, then seeds, then methods, each in the order written. The
 * order is stable, so files and tables of two runs compare line by line. Takes time and memory
 * in proportion to the trials; nothing is validated again.
 */
export function expandSweep(spec: Spec): ExpandedSweep {
  const compiled = compileSweep(spec);
  const { groups, generatedOf } = compiled;
  const nameOf = variantNamer(spec.sweep);
  const variants: Variant[] = [];
  const trials: Trial[] = [];
  /** Only inclusions look a variant up again. */
  const known = spec.sweep.include.length > 0 ? new Map<string, Variant>() : undefined;
  const keep = (variant: Variant): void => {
    variants.push(variant);
    known?.set(canonicalJson(variant.settings), variant);
  };

  for (const digits of counting(groups)) {
    const settings = settingsOf(groups, digits);
    const variant = lazyVariant(spec, nameOf(settings), settings);
    const exclusions = exclusionsOf(compiled, digits);
    const before = trials.length;
    for (const place of productPlaces(spec, generatedOf(settings))) {
      if (exclusions.length > 0 && isExcluded(compiled, exclusions, place)) continue;
      trials.push(trialOf(spec, variant, place));
    }
    if (trials.length > before) keep(variant);
  }

  const added = new Set<string>();
  for (const rule of spec.sweep.include) {
    for (const { settings, digits } of includedVariants(compiled, rule)) {
      const id = canonicalJson(settings);
      for (const place of includedPlaces(compiled, rule, settings)) {
        const { benchmark, checkerFraction, seed, method } = place;
        const own = `${benchmark} ${checkerFraction} ${seed} ${method.name} ${id}`;
        if (added.has(own) || isInProduct(compiled, digits, place)) continue;
        added.add(own);
        const variant = known?.get(id) ?? lazyVariant(spec, nameOf(settings), settings);
        if (known?.has(id) !== true) keep(variant);
        trials.push(trialOf(spec, variant, place));
      }
    }
  }
  return { variants, trials };
}

/** All ways to take a row of each group, the last group fastest. One array, changed in place. */
function* counting(groups: readonly SweepGroup[]): Generator<readonly number[]> {
  if (groups.some(({ rows }) => rows.length === 0)) return;
  const digits = groups.map(() => 0);
  for (;;) {
    yield digits;
    let group = groups.length - 1;
    for (; group >= 0; group--) {
      const next = (digits[group] ?? 0) + 1;
      digits[group] = next < (groups[group]?.rows.length ?? 0) ? next : 0;
      if (digits[group] !== 0) break;
    }
    if (group < 0) return;
  }
}

function settingsOf(groups: readonly SweepGroup[], digits: readonly number[]): Settings {
  const settings: Record<string, unknown> = {};
  groups.forEach(({ keys, rows }, group) => {
    const row = rows[digits[group] ?? 0];
    keys.forEach((key, column) => {
      settings[key] = row?.[column];
    });
  });
  return settings;
}

function* productPlaces(spec: Spec, names: readonly string[]): Generator<NativePlace> {
  for (let benchmark = 0; benchmark < spec.benchmarks.length; benchmark++) {
    const generated = names[benchmark] ?? "";
    for (const checkerFraction of spec.checkerFraction) {
      for (const seed of spec.seeds) {
        for (const method of spec.methods) {
          yield { benchmark, generated, checkerFraction, seed, method };
        }
      }
    }
  }
}

const trialOf = (spec: Spec, variant: Variant, place: NativePlace): Trial => ({
  variant: variant.name,
  benchmark: spec.benchmarks[place.benchmark]?.name ?? "",
  generated: place.generated,
  checkerFraction: place.checkerFraction,
  seed: place.seed,
  method: place.method.name,
  loss: place.method.loss,
  gamma: place.method.gamma,
  settings: variant.settings,
});

/** Whether a spec has any trial; looks no further than the first. */
export function hasTrials(spec: Spec): boolean {
  const compiled = compileSweep(spec);
  for (const digits of counting(compiled.groups)) {
    const exclusions = exclusionsOf(compiled, digits);
    const names = compiled.generatedOf(settingsOf(compiled.groups, digits));
    for (const place of productPlaces(spec, names)) {
      if (!isExcluded(compiled, exclusions, place)) return true;
    }
  }
  return spec.sweep.include.length > idleRules(spec).filter(isInclusion).length;
}

const isInclusion = ({ part }: { readonly part: string }): boolean => part === "include";

/** How many trials there are before exclusions, those of inclusions counted in any case. */
export function trialCount(spec: Spec): number {
  const groups = sweepGroups(spec.sweep);
  const sizes = {
    benchmark: spec.benchmarks.length,
    checkerFraction: spec.checkerFraction.length,
    seed: spec.seeds.length,
    method: spec.methods.length,
  };
  const all = Object.values(sizes).reduce((product, size) => product * size, 1);
  const added = spec.sweep.include.map((rule) => {
    const natives: Readonly<Record<string, readonly unknown[] | undefined>> = nativesOf(rule);
    const variants = groups.map((group) =>
      Math.max(1, (matchingRows(group, rule) ?? group.rows).length),
    );
    const places = Object.entries(sizes).map(([key, size]) => natives[key]?.length ?? size);
    return [...variants, ...places].reduce((product, size) => product * size, 1);
  });
  return added.reduce((sum, count) => sum + count, combinations(groups) * all);
}

/** Exclusions that leave nothing out, and inclusions that add nothing. */
export function idleRules(
  spec: Spec,
): { readonly part: "exclude" | "include"; readonly index: number }[] {
  const compiled = compileSweep(spec);
  const exclude = compiled.exclusions.flatMap(({ index, rows, natives }) => {
    const isEmpty = rows.some((set) => set?.size === 0);
    const fitting = spec.benchmarks.filter(({ name }, benchmark) => {
      if (natives.benchmark?.includes(name) === false) return false;
      return natives.generated?.some((one) => isPossible(compiled, benchmark, one)) ?? true;
    });
    return isEmpty || fitting.length === 0 ? [{ part: "exclude" as const, index }] : [];
  });
  const include = spec.sweep.include.flatMap((rule, index) => {
    const isNew = includedVariants(compiled, rule).some(({ settings, digits }) => {
      for (const place of includedPlaces(compiled, rule, settings)) {
        if (!isInProduct(compiled, digits, place)) return true;
      }
      return false;
    });
    return isNew ? [] : [{ part: "include" as const, index }];
  });
  return [...exclude, ...include];
}

/** Whether a benchmark's rows may come from a source of this name. */
function isPossible(
  { spec, groups, generatedOf }: CompiledSweep,
  benchmark: number,
  name: unknown,
) {
  const key = `generated.${spec.benchmarks[benchmark]?.name}`;
  const swept = groups.flatMap(({ keys, rows }) =>
    keys.includes(key) ? rows.map((row) => row[keys.indexOf(key)]) : [],
  );
  return swept.length > 0 ? swept.includes(name) : generatedOf({})[benchmark] === name;
}
