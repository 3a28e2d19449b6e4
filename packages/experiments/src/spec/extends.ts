import { dirname, isAbsolute, join, resolve } from "node:path";
import {
  parseSpecText,
  placeOfValueIn,
  plainValue,
  type SpecDocument,
  type SpecPath,
} from "./document.js";
import { type Environment, expandPath } from "./environment.js";
import { isMapping, mergeDeep } from "./plain.js";
import type { SpecProblem } from "./problem.js";

/** Gives the text of a file, undefined where there is none. */
export type FileReader = (path: string) => string | undefined;

/** A spec with all that it extends, merged. */
export interface ExtendedSpec {
  /** The spec, then what it extends, nearest first. */
  readonly documents: readonly SpecDocument[];
  /** Plain data, without `extends`. */
  readonly value: unknown;
  readonly problems: readonly SpecProblem[];
}

/** Far more than any team stacks; files that extend several which extend several multiply. */
const mostFiles = 100;

/**
 * Parses a spec and the files that its `extends` names, and theirs. The spec wins over what it
 * extends, of a list the later file over the earlier: mappings are merged key by key, lists and
 * scalars replaced, and null is a value like any other.
 */
export function readExtended(
  text: string,
  file: string,
  { environment, readFile }: { environment: Environment; readFile: FileReader | undefined },
): ExtendedSpec {
  const problems: SpecProblem[] = [];
  const documents: SpecDocument[] = [];

  /** The file's value with what it extends beneath it. */
  function load(content: string, name: string, chain: readonly string[]): unknown {
    const { source, problems: found } = parseSpecText(content, name);
    documents.push(source);
    problems.push(...found);
    if (found.length > 0) return {};
    const plain = plainValue(source);
    if ("problem" in plain) {
      problems.push(plain.problem);
      return {};
    }
    if (!isMapping(plain.value)) return plain.value;
    const { extends: bases, ...own } = plain.value;
    const layers = list(bases)
      .map((written, index) => ({
        written,
        at: Array.isArray(bases) ? ["extends", index] : ["extends"],
      }))
      // The last one wins, so it is read first: see `documents`.
      .reverse()
      .map(({ written, at }) => loadBase(written, source, at, [...chain, resolve(name)]));
    return [own, ...layers].reduceRight((under, over) => mergeDeep(under, over), {});
  }

  function loadBase(
    written: unknown,
    source: SpecDocument,
    at: SpecPath,
    chain: readonly string[],
  ): unknown {
    const refuse = (message: string): unknown => {
      problems.push({ path: at.join("."), message, place: placeOfValueIn(source, at) });
      return {};
    };
    if (typeof written !== "string") return refuse("needed the path of a spec, or a list of such.");
    if (readFile === undefined) {
      return refuse("other files cannot be read here: no readFile was given to the resolver.");
    }
    const place = fileBeside(written, source.file, environment);
    if ("problem" in place) return refuse(place.problem);
    if (chain.includes(resolve(place.path))) {
      const names = [...chain.slice(chain.indexOf(resolve(place.path))), resolve(place.path)];
      return refuse(`the files extend each other in a circle: ${names.join(" -> ")}.`);
    }
    if (documents.length >= mostFiles) return refuse(`more than ${mostFiles} files are extended.`);
    const content = readFile(place.path);
    if (content === undefined) return refuse(`there is no file ${place.path} that can be read.`);
    const before = problems.length;
    const value = load(content, place.path, chain);
    const isSound = isMapping(value) || problems.length > before;
    return isSound ? value : refuse(`${place.path} holds no mapping of keys.`);
  }

  const value = load(text, file, []);
  return { documents, value, problems };
}

/** One, several or none. */
const list = (bases: unknown): readonly unknown[] =>
  bases === undefined ? [] : Array.isArray(bases) ? bases : [bases];

/** A path told from the folder of `file`, as short as `file` itself was given. */
function fileBeside(
  written: string,
  file: string,
  environment: Environment,
): { readonly path: string } | { readonly problem: string } {
  const expanded = expandPath(written, file, environment);
  if ("problem" in expanded) return expanded;
  const isRelative = !isAbsolute(written) && !written.startsWith("~") && !written.includes("${");
  return isRelative ? { path: join(dirname(file), written) } : expanded;
}
