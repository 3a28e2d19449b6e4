import { generatedSource } from "./meaning.js";
import type { MethodSpec, Spec } from "./schema.js";
import type { Settings } from "./schema-sweep.js";
import { methodSchema } from "./schema-training.js";
import { matchingRows, ownSettings, type SweepGroup, sweepGroups } from "./sweep-groups.js";
import { type NativeKey, nativeKeys } from "./sweep-keys.js";
import { withSettings } from "./variants.js";

/** What a trial has beside its settings. */
export interface NativePlace {
  /** 0-based place among the benchmarks. */
  readonly benchmark: number;
  /** Name of its generated source. */
  readonly generated: string;
  readonly checkerFraction: number;
  readonly seed: number;
  readonly method: MethodSpec;
}

/** One exclusion, in a form that is fast to match. */
export interface Exclusion {
  readonly index: number;
  /** By group: the rows it matches; undefined for all. */
  readonly rows: readonly (ReadonlySet<number> | undefined)[];
  readonly natives: Natives;
}

type Natives = Readonly<Partial<Record<NativeKey, readonly unknown[]>>>;

/** The native keys that a rule gives. */
export function nativesOf(rule: Settings): Natives {
  const natives: Partial<Record<NativeKey, readonly unknown[]>> = {};
  for (const key of nativeKeys) {
    const value = rule[key];
    if (Array.isArray(value)) natives[key] = value;
  }
  return natives;
}

/** A sweep with its rules prepared. */
export interface CompiledSweep {
  readonly spec: Spec;
  readonly groups: readonly SweepGroup[];
  readonly exclusions: readonly Exclusion[];
  /** Name of the generated source of each benchmark under some settings. */
  readonly generatedOf: (settings: Settings) => readonly string[];
}

export function compileSweep(spec: Spec): CompiledSweep {
  const groups = sweepGroups(spec.sweep);
  const exclusions = spec.sweep.exclude.map(
    (rule, index): Exclusion => ({
      index,
      rows: groups.map((group) => {
        const found = matchingRows(group, rule);
        return found === undefined ? undefined : new Set(found);
      }),
      natives: nativesOf(rule),
    }),
  );
  return { spec, groups, exclusions, generatedOf: generatedNamer(spec, groups) };
}

function generatedNamer(spec: Spec, groups: readonly SweepGroup[]) {
  const names = (of: Pick<Spec, "generated" | "benchmarks">): readonly string[] =>
    of.benchmarks.map((benchmark) => generatedSource(of, benchmark));
  const ownNames = names(spec);
  const isChosen = (key: string): boolean => key.startsWith("generated.");
  const isSwept =
    groups.some(({ keys }) => keys.some(isChosen)) ||
    spec.sweep.include.some((rule) => Object.keys(rule).some(isChosen));
  return (settings: Settings): readonly string[] =>
    isSwept && Object.keys(settings).some(isChosen)
      ? names(withSettings(spec, settings))
      : ownNames;
}

/** Exclusions that speak of a variant, whatever else of its trials. */
export const exclusionsOf = (
  { exclusions }: CompiledSweep,
  digits: readonly number[],
): readonly Exclusion[] =>
  exclusions.filter(({ rows }) =>
    rows.every((set, group) => set === undefined || set.has(digits[group] ?? -1)),
  );

/** Whether one of these exclusions leaves a trial out. */
export const isExcluded = (
  { spec }: CompiledSweep,
  exclusions: readonly Exclusion[],
  { benchmark, generated, checkerFraction, seed, method }: NativePlace,
): boolean =>
  exclusions.some(
    ({ natives }) =>
      (natives.method?.includes(method.name) ?? true) &&
      (natives.seed?.includes(seed) ?? true) &&
      (natives.checkerFraction?.includes(checkerFraction) ?? true) &&
      (natives.benchmark?.includes(spec.benchmarks[benchmark]?.name) ?? true) &&
      (natives.generated?.includes(generated) ?? true),
  );

/** A combination of settings that an inclusion asks for. */
export interface IncludedVariant {
  readonly settings: Settings;
  /** The rows of the groups, where it is one of the product's own. */
  readonly digits: readonly number[] | undefined;
}

/**
 * The variants of an inclusion: a group of which it gives a key is at the rows that have its values,
 * or, where none has, at those values with the spec's own for the group's other keys; a group
 * of which it gives none is at each of its rows.
 */
export function includedVariants({ groups }: CompiledSweep, rule: Settings): IncludedVariant[] {
  const own = ownSettings(rule, groups);
  let variants: IncludedVariant[] = [{ settings: {}, digits: [] }];
  for (const group of groups) {
    const found = matchingRows(group, rule);
    const indices = found ?? group.rows.map((_, index) => index);
    const rows =
      indices.length > 0
        ? indices.map((index) => ({ index, settings: rowSettings(group, index) }))
        : [{ index: undefined, settings: newRow(group, rule) }];
    variants = variants.flatMap(({ settings, digits }) =>
      rows.map((row) => ({
        settings: { ...settings, ...row.settings },
        digits: row.index === undefined ? undefined : digits && [...digits, row.index],
      })),
    );
  }
  if (own.length === 0) return variants;
  return variants.map(({ settings }) => ({
    settings: { ...settings, ...Object.fromEntries(own) },
    digits: undefined,
  }));
}

const rowSettings = ({ keys, rows }: SweepGroup, index: number): Settings =>
  Object.fromEntries(keys.map((key, column) => [key, rows[index]?.[column]]));

/** What the rule gives; the spec's own value holds for the group's other keys. */
function newRow({ keys }: SweepGroup, rule: Settings): Settings {
  return Object.fromEntries(
    keys.flatMap((key) => (Object.hasOwn(rule, key) ? [[key, rule[key]]] : [])),
  );
}

/** The trials of an inclusion within one variant, new or not. */
export function* includedPlaces(
  { spec, generatedOf }: CompiledSweep,
  rule: Settings,
  settings: Settings,
): Generator<NativePlace> {
  const natives = nativesOf(rule);
  const names = generatedOf(settings);
  const methods = includedMethods(spec, natives.method);
  const numbers = (values: readonly unknown[] | undefined, all: readonly number[]) =>
    values?.filter((value) => typeof value === "number") ?? all;
  for (const [benchmark, { name }] of spec.benchmarks.entries()) {
    const generated = names[benchmark] ?? "";
    if (natives.benchmark?.includes(name) === false) continue;
    if (natives.generated?.includes(generated) === false) continue;
    for (const checkerFraction of numbers(natives.checkerFraction, spec.checkerFraction)) {
      for (const seed of numbers(natives.seed, spec.seeds)) {
        for (const method of methods) {
          yield { benchmark, generated, checkerFraction, seed, method };
        }
      }
    }
  }
}

/** The spec's own methods that a rule names, then what else it names: losses as they are. */
function includedMethods(
  { methods }: Spec,
  named: readonly unknown[] | undefined,
): readonly MethodSpec[] {
  if (named === undefined) return methods;
  const own = methods.filter(({ name }) => named.includes(name));
  const others = named.filter((name) => !methods.some((method) => method.name === name));
  return [...own, ...others.map((name) => methodSchema.parse(name))];
}

/** Whether the product without its exclusions has a trial already. */
export function isInProduct(
  compiled: CompiledSweep,
  digits: readonly number[] | undefined,
  place: NativePlace,
): boolean {
  if (digits === undefined) return false;
  const { checkerFraction, seeds, methods } = compiled.spec;
  const isNative =
    checkerFraction.includes(place.checkerFraction) &&
    seeds.includes(place.seed) &&
    methods.includes(place.method);
  return isNative && !isExcluded(compiled, exclusionsOf(compiled, digits), place);
}
