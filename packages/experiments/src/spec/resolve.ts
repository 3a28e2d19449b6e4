import { isAbsolute } from "node:path";
import { CounterweightError } from "@counterweight/base";
import { isHubId, looksLikePath } from "@counterweight/hub";
import {
  dotted,
  parseSpecText,
  placeOfKey,
  placeOfValue,
  type SpecDocument,
  type SpecPath,
} from "./document.js";
import { type Environment, expandPath, portablePath } from "./environment.js";
import { problemsOfIssues } from "./issues.js";
import { specJsonSchema } from "./json-schema.js";
import { meaningProblems } from "./meaning.js";
import { applyOverrides, type Replacement } from "./overrides.js";
import { mapPaths } from "./paths.js";
import { renderProblems, type SpecProblem } from "./problem.js";
import { type Spec, specSchema } from "./schema.js";

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

/** Either a resolved spec or every problem found; pure, reads no file. */
export type SpecOutcome =
  | { readonly ok: true; readonly spec: ResolvedSpec }
  | { readonly ok: false; readonly problems: readonly SpecProblem[]; readonly message: string };

/** Checks a spec's text and resolves it, collecting all problems instead of stopping at one. */
export function checkSpec(text: string, options: ResolveOptions): SpecOutcome {
  const { source, problems: syntax } = parseSpecText(text, options.file);
  const fail = (problems: readonly SpecProblem[]): SpecOutcome => ({
    ok: false,
    problems,
    message: renderProblems(problems, source),
  });
  if (syntax.length > 0) return fail(syntax);

  const schema = specJsonSchema();
  const overridden = applyOverrides(source, options.overrides ?? [], schema);
  const value = plainValue(source);
  if (!("value" in value)) return fail([...overridden.problems, value.problem]);

  const parsed = specSchema.safeParse(value.value);
  const locate = overridePlaces(overridden.replacements);
  if (!parsed.success) {
    const found = problemsOfIssues(parsed.error.issues, value.value, source, schema).map(locate);
    return fail([...overridden.problems, ...found]);
  }
  const meaning = meaningProblems(parsed.data).map(({ at, message, onKey }) =>
    locate({
      path: dotted(at),
      message,
      place: onKey === true ? placeOfKey(source, at) : placeOfValue(source, at),
    }),
  );
  const { settings, problems: paths } = absolutePaths(parsed.data, source, options);
  const problems = [...overridden.problems, ...meaning, ...paths.map(locate)];
  if (problems.length > 0) return fail(problems);
  return {
    ok: true,
    spec: {
      file: options.file,
      settings,
      written: parsed.data,
      replacements: overridden.replacements,
    },
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
  const { checkpoint, config } = spec.settings.model;
  // What stayed relative is no path but an id of the hub.
  const ids = [checkpoint, config?.tokenizer].filter(
    (place) => place !== undefined && !isAbsolute(place),
  );
  return mapPaths(spec.written, (written, at) =>
    at[0] === "model" && ids.includes(written) ? written : portablePath(written, spec.file, folder),
  );
}

function plainValue(
  source: SpecDocument,
): { readonly value: unknown } | { readonly problem: SpecProblem } {
  try {
    return { value: source.document.toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { problem: { path: "", message: `${message}.`, place: undefined } };
  }
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

function absolutePaths(
  spec: Spec,
  source: SpecDocument,
  options: ResolveOptions,
): { readonly settings: Spec; readonly problems: SpecProblem[] } {
  const problems: SpecProblem[] = [];
  const settings = mapPaths(spec, (written, at: SpecPath) => {
    const expanded = expandPath(written, options.file, options.environment ?? {});
    if ("path" in expanded) {
      const { exists = () => true } = options;
      const mayBeId = at[0] === "model" && !looksLikePath(written) && isHubId(written);
      return mayBeId && !exists(expanded.path) ? written : expanded.path;
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
