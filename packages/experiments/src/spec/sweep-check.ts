import type { SpecPath } from "./document.js";
import { hasTrials, idleRules, trialCount } from "./expand.js";
import { type MeaningProblem, meaningProblems } from "./meaning.js";
import type { SpecProblem } from "./problem.js";
import type { Spec } from "./schema.js";
import type { Settings, SweepSpec } from "./schema-sweep.js";
import { overlap } from "./sweep-form.js";
import { combinations, type SweepGroup, sweepGroups } from "./sweep-groups.js";
import { compileSweep, exclusionsOf, includedVariants } from "./sweep-matching.js";
import { resolveRules } from "./sweep-rules.js";
import { nameProblems, resolveAxes, type SweepContext, type WrittenSweep } from "./sweep-values.js";
import { variantNamer } from "./variant-names.js";
import { withSettings } from "./variants.js";

/** Checks every value of a sweep once, by the schema of its setting, and brings it to its one form. */
export function resolveSweep(
  written: WrittenSweep,
  base: Omit<Spec, "sweep">,
  context: SweepContext,
): { readonly sweep: SweepSpec; readonly problems: SpecProblem[] } {
  const axes = resolveAxes(written, context);
  const exclude = resolveRules("exclude", written.exclude, axes, base, context);
  const include = resolveRules("include", written.include, axes, base, context);
  const { names, maxTrials } = written;
  const rules = { exclude: exclude.rules, include: include.rules };
  const keys = [axes.axes, ...axes.zip, ...include.rules].flatMap(Object.keys);
  return {
    sweep: { axes: axes.axes, zip: axes.zip, ...rules, names, maxTrials },
    problems: [
      ...axes.problems,
      ...exclude.problems,
      ...include.problems,
      ...nameProblems(names, keys, context.source),
    ],
  };
}

/** Up to this many variants all are looked at; of more, each row of a group with the others' first. */
const fewVariants = 256;

/**
 * Problems of meaning of a swept spec: too many trials, rules that do nothing, and what does not fit
 * together in a variant. A problem of all variants is told as that of an unswept spec.
 */
export function sweepMeaning(spec: Spec): MeaningProblem[] {
  const { sweep } = spec;
  const count = trialCount(spec);
  if (count > sweep.maxTrials) return [tooMany(spec, count)];
  if (isUnswept(sweep)) return meaningProblems(spec);
  if (!hasTrials(spec)) {
    return [{ at: ["sweep", "exclude"], message: "every trial is left out.", onKey: true }];
  }
  return [...variantProblems(spec, checkedSettings(spec)), ...idleProblems(spec)];
}

const isUnswept = ({ axes, zip, exclude, include }: SweepSpec): boolean =>
  Object.keys(axes).length + zip.length + exclude.length + include.length === 0;

const grouped = (count: number): string => count.toLocaleString("en-US");

function tooMany(spec: Spec, count: number): MeaningProblem {
  const { benchmarks, checkerFraction, seeds, methods, sweep } = spec;
  const parts = [
    ...sweepGroups(sweep).map(({ keys, rows }) => `${rows.length} of ${keys.join(" with ")}`),
    `${benchmarks.length} benchmarks`,
    `${checkerFraction.length} fractions`,
    `${seeds.length} seeds`,
    `${methods.length} methods`,
  ].join(" x ");
  const added = sweep.include.length === 0 ? "" : ", and what include adds";
  const message = `the spec has ${grouped(count)} trials (${parts}${added}); ${grouped(sweep.maxTrials)} are the most. Take values out, or raise sweep.maxTrials.`;
  return { at: ["sweep"], message, onKey: true };
}

/** Settings of the variants that are checked: those that may have a trial. */
function checkedSettings(spec: Spec): readonly Settings[] {
  const compiled = compileSweep(spec);
  const { groups } = compiled;
  const isGone = (digits: readonly number[]): boolean =>
    exclusionsOf(compiled, digits).some(({ natives }) => Object.keys(natives).length === 0);
  const choices =
    combinations(groups) <= fewVariants
      ? everyChoice(groups)
      : groups.flatMap(({ rows }, at) =>
          rows.map((_, row) => groups.map((__, group) => (group === at ? row : 0))),
        );
  const product = choices
    .filter((digits) => !isGone(digits))
    .map((digits) =>
      Object.fromEntries(
        groups.flatMap(({ keys, rows }, group) =>
          keys.map((key, column) => [key, rows[digits[group] ?? 0]?.[column]]),
        ),
      ),
    );
  const added = spec.sweep.include.flatMap((rule) =>
    includedVariants(compiled, rule)
      .slice(0, fewVariants)
      .filter(({ digits }) => digits === undefined)
      .map(({ settings }) => settings),
  );
  return [...product, ...added];
}

const everyChoice = (groups: readonly SweepGroup[]): number[][] =>
  groups.reduce<number[][]>(
    (choices, { rows }) => choices.flatMap((choice) => rows.map((_, row) => [...choice, row])),
    [[]],
  );

function variantProblems(spec: Spec, checked: readonly Settings[]): MeaningProblem[] {
  const found = new Map<string, { problem: MeaningProblem; settings: Settings; times: number }>();
  for (const settings of checked) {
    for (const problem of meaningProblems(withSettings(spec, settings))) {
      const id = `${problem.at.join("\n")}\n${problem.message}`;
      const before = found.get(id);
      if (before === undefined) found.set(id, { problem, settings, times: 1 });
      else before.times++;
    }
  }
  const nameOf = variantNamer(spec.sweep);
  return [...found.values()].map(({ problem, settings, times }) => {
    const { at, message } = problem;
    const axis = placeInSweep(spec.sweep, settings, at);
    if (times === checked.length && axis === undefined) return problem;
    const where = times === checked.length ? "" : ` (in the variant ${nameOf(settings)})`;
    const told = `${message.replace(/\.$/, "")}${where}.`;
    if (axis === undefined) return { ...problem, message: told };
    return { at: axis, message: `${at.join(".")}: ${told}` };
  });
}

/** Where the swept value stands that a problem of a variant lies in, or above. */
function placeInSweep(sweep: SweepSpec, settings: Settings, at: SpecPath): SpecPath | undefined {
  const key = Object.keys(settings).find((swept) => overlap(swept, at.join(".")));
  if (key === undefined) return undefined;
  const groups: readonly (readonly [SpecPath, SweepSpec["axes"]])[] = [
    [["sweep", "axes"], sweep.axes],
    ...sweep.zip.map((group, index): [SpecPath, SweepSpec["axes"]] => [
      ["sweep", "zip", index],
      group,
    ]),
  ];
  for (const [place, group] of groups) {
    const row = group[key]?.indexOf(settings[key]) ?? -1;
    if (row >= 0) return [...place, key, row];
  }
  const rule = sweep.include.findIndex((one) => one[key] === settings[key]);
  return rule < 0 ? undefined : ["sweep", "include", rule, key];
}

const idleProblems = (spec: Spec): MeaningProblem[] =>
  idleRules(spec).map(({ part, index }) => ({
    at: ["sweep", part, index],
    message:
      part === "exclude"
        ? "matches no trial: each value is there, but not together. Take keys out, or the rule."
        : "adds no trial: all it names are there already. Give a value that is new, or take the rule out.",
  }));
