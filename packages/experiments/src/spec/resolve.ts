import { dirname, isAbsolute } from "node:path";
import { CounterweightError } from "@counterweight/base";
import { isHubId, looksLikePath } from "@counterweight/hub";
import { dotted, type SpecPath } from "./document.js";
import { type Environment, expandPath, portablePath } from "./environment.js";
import { type FileReader, readExtended } from "./extends.js";
import { problemsOfIssues } from "./issues.js";
import { specJsonSchema } from "./json-schema.js";
import { ownerOf, placeOfKey, placeOfValue, type SpecSource } from "./layers.js";
import { applyOverrides, type Replacement } from "./overrides.js";
import { mapPaths } from "./paths.js";
import { isMapping, setIn, valueAt } from "./plain.js";
import { renderProblems, type SpecProblem } from "./problem.js";
import { type Spec, specSchema } from "./schema.js";
import { resolveSweep, sweepMeaning } from "./sweep-check.js";
import { flattenSweep, overlap } from "./sweep-form.js";
import { keyProblem, pathOfKey } from "./sweep-keys.js";

export interface ResolveOptions {
  /** Path of the spec, absolute or as the user typed it; used in messages and for relative paths. */
  readonly file: string;
  /** `key=value` words, in order. */
  readonly overrides?: readonly string[];
  /** Variables that paths may use. */
  readonly environment?: Environment;
  /**
   * Whether a path exists: tells a model's folder from an id of the hub, which may look alike.
   * Default: every path does.
   */
  readonly exists?: (path: string) => boolean;
  /** Gives the text of a file that the spec extends; without it `extends` is refused. */
  readonly readFile?: FileReader;
}

/** A spec that is valid, complete and ready to run. */
export interface ResolvedSpec {
  readonly file: string;
  /** Defaults and overrides filled in, paths absolute. */
  readonly settings: Spec;
  /** The same with paths as written: what is stored, so that it runs elsewhere. */
  readonly written: Spec;
  /** What each override took the place of. */
  readonly replacements: readonly Replacement[];
}

/** Either a resolved spec or every problem found; pure but for `exists` and `readFile`. */
export type SpecOutcome =
  | { readonly ok: true; readonly spec: ResolvedSpec }
  | { readonly ok: false; readonly problems: readonly SpecProblem[]; readonly message: string };

/** Checks a spec's text and resolves it, collecting all problems instead of stopping at one. */
export function checkSpec(text: string, options: ResolveOptions): SpecOutcome {
  const { file, overrides = [], environment = {}, readFile } = options;
  const read = readExtended(text, file, { environment, readFile });
  const fail = (problems: readonly SpecProblem[]): SpecOutcome => ({
    ok: false,
    problems,
    message: renderProblems(problems, read.documents),
  });
  if (read.problems.length > 0) return fail(read.problems);

  const schema = specJsonSchema();
  const flat = flattenSweep(withoutNotes(read.value));
  const source: SpecSource = { file, documents: read.documents, origin: flat.origin };
  const twice = flat.twice.map((at) => ({
    path: dotted(at),
    message: "is swept twice; a dotted key and nested ones name the same setting.",
    place: placeOfKey(source, at),
  }));
  const overridden = applyOverrides(flat.value, overrides, schema, source);
  const locate = overridePlaces(overridden.replacements);
  const early = [...twice, ...overridden.problems];

  const { parsed, whole } = parseFilled(overridden.value);
  if (!parsed.success) {
    const found = problemsOfIssues(parsed.error.issues, whole, source, schema)
      .map(locate)
      .map(({ message, ...problem }) => {
        const isList = Array.isArray(valueAt(whole, problem.path.split(".")));
        const isAxis = isList && keyProblem(problem.path, schema) === undefined;
        const hint = ` To try each, write it under sweep.axes.${problem.path}.`;
        return { ...problem, message: isAxis ? `${message}${hint}` : message };
      });
    return fail([...early, ...found]);
  }
  const context = { whole, written: overridden.value, source, schema };
  const { extends: _, sweep: asWritten, ...base } = parsed.data;
  const swept = resolveSweep(asWritten, base, context);
  if (swept.problems.length > 0) return fail([...early, ...swept.problems.map(locate)]);

  const isOverridden = (at: SpecPath): boolean =>
    overridden.replacements.some(({ path }) => overlap(path, dotted(at)));
  const written = beside({ ...base, sweep: swept.sweep }, source, options, isOverridden);
  const meaning = sweepMeaning(written).map(({ at, message, onKey }) =>
    locate({
      path: dotted(at),
      message,
      place: onKey === true ? placeOfKey(source, at) : placeOfValue(source, at),
    }),
  );
  const { settings, problems: paths } = absolutePaths(written, source, options);
  const problems = [...early, ...meaning, ...paths.map(locate)];
  if (problems.length > 0) return fail(problems);
  return {
    ok: true,
    spec: { file, settings, written, replacements: overridden.replacements },
  };
}

/** As `checkSpec`; throws one `CounterweightError` of kind `spec` that shows all problems. */
export function resolveSpec(text: string, options: ResolveOptions): ResolvedSpec {
  const outcome = checkSpec(text, options);
  if (outcome.ok) return outcome.spec;
  throw new CounterweightError("spec", outcome.message);
}

/** The spec as it is stored in `folder`: overrides and defaults in, paths told from there. */
export function storedSpec(spec: ResolvedSpec, folder: string): Spec {
  // What stayed relative is no path but an id of the hub.
  const ids = new Set<string>();
  mapPaths(spec.settings, (settled, _, kind) => {
    if (kind === "model" && !isAbsolute(settled)) ids.add(settled);
    return settled;
  });
  return mapPaths(spec.written, (written, _, kind) =>
    kind === "model" && ids.has(written) ? written : portablePath(written, spec.file, folder),
  );
}

/** Without the keys that only hold anchors. */
const withoutNotes = (value: unknown): unknown =>
  isMapping(value)
    ? Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith("x-")))
    : value;

/**
 * Parses a spec. Where it does so only with a value for a key that is swept and not given, that is
 * the axis's first value.
 */
function parseFilled(value: unknown) {
  const parsed = specSchema.safeParse(value);
  const firsts = parsed.success ? [] : firstValues(value);
  if (parsed.success || firsts.length === 0) return { parsed, whole: value };
  let whole = value;
  for (const { key, first } of firsts) {
    const path = pathOfKey(key);
    if (valueAt(whole, path) === undefined) whole = setIn(whole, path, first) ?? whole;
  }
  const again = specSchema.safeParse(whole);
  if (again.success) return { parsed: again, whole };
  // Values of axes are told where they stand, and not by the key they would fill.
  const isOwn = (path: readonly PropertyKey[]): boolean =>
    !firsts.some(({ key }) => overlap(key, path.join(".")));
  return again.error.issues.some(({ path }) => isOwn(path))
    ? { parsed: again, whole }
    : { parsed, whole: value };
}

function firstValues(value: unknown): { readonly key: string; readonly first: unknown }[] {
  const zip = valueAt(value, ["sweep", "zip"]);
  const groups = [valueAt(value, ["sweep", "axes"]), ...(Array.isArray(zip) ? zip : [])];
  return groups.flatMap((group: unknown) =>
    isMapping(group)
      ? Object.entries(group).map(([key, list]) => ({
          key,
          first: Array.isArray(list) ? list[0] : list,
        }))
      : [],
  );
}

/** Problems at or below an overridden key point at the override instead of the text. */
function overridePlaces(
  replacements: readonly Replacement[],
): (problem: SpecProblem) => SpecProblem {
  return (problem) => {
    const cause = replacements.findLast(
      ({ path }) => problem.path === path || problem.path.startsWith(`${path}.`),
    );
    return cause === undefined
      ? problem
      : { ...problem, place: { kind: "override", argument: `${cause.path}=${cause.value}` } };
  };
}

/** A name that is an id of the hub, and no folder there is. */
const isModelId = (
  written: string,
  kind: "model" | "file",
  path: string,
  { exists = () => true }: ResolveOptions,
): boolean => kind === "model" && !looksLikePath(written) && isHubId(written) && !exists(path);

/** Paths of files that the spec extends, told from the spec's own folder. */
function beside(
  spec: Spec,
  source: SpecSource,
  options: ResolveOptions,
  isOverridden: (at: SpecPath) => boolean,
): Spec {
  if (source.documents.length === 1) return spec;
  const folder = dirname(options.file);
  return mapPaths(spec, (written, at, kind) => {
    const owner = ownerOf(source, at);
    const isOwn = owner === undefined || owner.file === options.file;
    if (isOwn || isOverridden(at)) return written;
    const expanded = expandPath(written, owner.file, options.environment ?? {});
    if ("path" in expanded && isModelId(written, kind, expanded.path, options)) return written;
    return portablePath(written, owner.file, folder);
  });
}

function absolutePaths(
  spec: Spec,
  source: SpecSource,
  options: ResolveOptions,
): { readonly settings: Spec; readonly problems: SpecProblem[] } {
  const problems: SpecProblem[] = [];
  const settings = mapPaths(spec, (written, at, kind) => {
    const expanded = expandPath(written, options.file, options.environment ?? {});
    if ("path" in expanded) {
      return isModelId(written, kind, expanded.path, options) ? written : expanded.path;
    }
    problems.push({
      path: dotted(at),
      message: expanded.problem,
      place: placeOfValue(source, at),
    });
    return written;
  });
  return { settings, problems };
}
