import { canonicalJson } from "@counterweight/base";
import { dotted, type SpecPath } from "./document.js";
import { problemsOfIssues, shown } from "./issues.js";
import { placeOfKey, placeOfValue } from "./layers.js";
import { generatedSource } from "./meaning.js";
import type { SpecProblem } from "./problem.js";
import type { Spec } from "./schema.js";
import { specSchema } from "./schema.js";
import type { Settings, SweepSpec } from "./schema-sweep.js";
import { methodNames } from "./schema-training.js";
import { didYouMean } from "./suggest.js";
import { isNativeKey, keyProblem, type NativeKey, nativeKeys } from "./sweep-keys.js";
import { type SweepContext, settingParser } from "./sweep-values.js";

type Base = Pick<Spec, "benchmarks" | "checkerFraction" | "seeds" | "methods" | "generated">;

/** The rules of exclude or include with every value checked; native keys hold lists. */
export function resolveRules(
  part: "exclude" | "include",
  rules: readonly Settings[],
  swept: Pick<SweepSpec, "axes" | "zip">,
  base: Base,
  context: SweepContext,
): { readonly rules: Settings[]; readonly problems: SpecProblem[] } {
  const problems: SpecProblem[] = [];
  const { source, schema } = context;
  const parse = settingParser(context);
  const axes = new Map([swept.axes, ...swept.zip].flatMap((group) => Object.entries(group)));
  const known = knownValues(base, axes);
  const isOpen = (key: NativeKey): boolean =>
    part === "include" && (key === "seed" || key === "checkerFraction");

  function refuse(at: SpecPath, message: string, onKey = false): undefined {
    const place = onKey ? placeOfKey(source, at) : placeOfValue(source, at);
    problems.push({ path: dotted(at), message, place });
  }

  function native(key: NativeKey, written: unknown, at: SpecPath): unknown {
    const values: readonly unknown[] = Array.isArray(written) ? written : [written];
    if (values.length === 0) return refuse(at, "needed a value, got an empty list.");
    const open = isOpen(key) ? openSchemas[key] : undefined;
    if (open !== undefined) {
      const parsed = open.schema.safeParse(values);
      if (parsed.success) return [...new Set(parsed.data)];
      const issues = parsed.error.issues;
      const value = { [open.key]: values };
      for (const { message } of problemsOfIssues(issues, value, source, schema, [open.key])) {
        refuse(at, message);
      }
      return undefined;
    }
    const brings = part === "include" && key === "method";
    const candidates = brings ? [...known[key], ...methodNames] : known[key];
    const strangers = values.filter((value) => !candidates.some((one) => one === value));
    for (const stranger of strangers) {
      const words = [...new Set(candidates.map(String))];
      const missing = brings
        ? `${shown(stranger)} is no method of the spec and no loss.`
        : `no trial has the ${nouns[key]} ${String(stranger)}.`;
      const rule = part === "include" ? ` ${newValues(key)}` : "";
      refuse(at, `${missing} ${didYouMean(String(stranger), words)}${rule}`);
    }
    return strangers.length > 0 ? undefined : [...new Set(values)];
  }

  function setting(key: string, written: unknown, at: SpecPath): unknown {
    const axis = axes.get(key);
    const strange = keyProblem(key, schema);
    if (axis === undefined && (part === "exclude" || strange !== undefined)) {
      const keys = [...nativeKeys, ...axes.keys()];
      return refuse(
        at,
        `no trial has this key${strange === undefined ? ": it is not swept" : ""}. ${didYouMean(key, keys)}`,
        true,
      );
    }
    const parsed = parse(key, written, at);
    if ("problems" in parsed) {
      problems.push(...parsed.problems);
      return undefined;
    }
    const id = canonicalJson(parsed.value);
    if (part === "include" || axis?.some((value) => canonicalJson(value ?? null) === id) === true) {
      return parsed.value;
    }
    const list = (axis ?? []).slice(0, 20).map((value) => JSON.stringify(value));
    return refuse(at, `the axis has no such value. It has: ${list.join(", ")}.`);
  }

  const resolved = rules.map((rule, index): Settings => {
    const place: SpecPath = ["sweep", part, index];
    if (Object.keys(rule).length === 0) refuse(place, "needed at least one key.");
    return Object.fromEntries(
      Object.entries(rule).flatMap(([key, written]) => {
        const at = [...place, key];
        const value = isNativeKey(key) ? native(key, written, at) : setting(key, written, at);
        return value === undefined ? [] : [[key, value]];
      }),
    );
  });
  return { rules: resolved, problems };
}

/** How a value that no list has comes into a sweep. */
const newValues = (key: NativeKey): string =>
  key === "method"
    ? "One with a gamma or transforms of its own goes into methods."
    : `include brings no new ${nouns[key]}: list it under ${key === "benchmark" ? "benchmarks" : "sweep.axes"}, and exclude what is not wanted of it.`;

const nouns: Readonly<Record<NativeKey, string>> = {
  benchmark: "benchmark",
  generated: "generated source",
  checkerFraction: "checker fraction",
  seed: "seed",
  method: "method",
};

/** Values that an inclusion may bring beside those of the spec's own lists. */
const openSchemas = {
  seed: { key: "seeds", schema: specSchema.shape.seeds },
  checkerFraction: { key: "checkerFraction", schema: specSchema.shape.checkerFraction },
  benchmark: undefined,
  generated: undefined,
  method: undefined,
} as const;

/** What trials have for each native key. */
function knownValues(
  { benchmarks, checkerFraction, seeds, methods, generated }: Base,
  axes: ReadonlyMap<string, readonly unknown[]>,
): Readonly<Record<NativeKey, readonly unknown[]>> {
  const own = benchmarks.map((benchmark) => generatedSource({ generated }, benchmark));
  const swept = [...axes].flatMap(([key, values]) => (key.startsWith("generated.") ? values : []));
  return {
    benchmark: benchmarks.map(({ name }) => name),
    generated: [...new Set([...own, ...swept])],
    checkerFraction,
    seed: seeds,
    method: methods.map(({ name }) => name),
  };
}
