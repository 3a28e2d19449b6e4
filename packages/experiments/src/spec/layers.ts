import {
  isMappingAt,
  nodeAt,
  placeOfKeyIn,
  placeOfValueIn,
  type SpecDocument,
  type SpecPath,
} from "./document.js";
import type { TextPlace } from "./problem.js";

/** The files that a spec is made of. */
export interface SpecSource {
  /** The spec's own. */
  readonly file: string;
  /** The spec, then the files that it extends: what comes first wins. */
  readonly documents: readonly SpecDocument[];
  /** Where something stood before it was brought into its one form, such as a nested key of a sweep. */
  readonly origin: (path: SpecPath) => SpecPath;
}

/**
 * The file that gives the value at `path`, or would where it is absent. Only mappings are merged: what
 * lies under a list or a scalar comes from one file.
 */
export function ownerOf(source: SpecSource, path: SpecPath): SpecDocument | undefined {
  const at = source.origin(path);
  let candidates = source.documents;
  for (let length = 1; length <= at.length; length++) {
    const here = at.slice(0, length);
    const next = candidates.filter((document) => nodeAt(document, here) !== undefined);
    if (next.length === 0) break;
    const replaced = next.findIndex((document) => !isMappingAt(document, here));
    candidates = replaced < 0 ? next : next.slice(0, Math.max(1, replaced));
  }
  return candidates[0];
}

/** Where the value at `path` stands; where it is absent, the nearest enclosing thing. */
export function placeOfValue(source: SpecSource, path: SpecPath): TextPlace | undefined {
  const owner = ownerOf(source, path);
  return owner === undefined ? undefined : placeOfValueIn(owner, source.origin(path));
}

/** Where the key itself stands (the last step of `path`), or the list item. */
export function placeOfKey(source: SpecSource, path: SpecPath): TextPlace | undefined {
  const owner = ownerOf(source, path);
  return owner === undefined ? undefined : placeOfKeyIn(owner, source.origin(path));
}
