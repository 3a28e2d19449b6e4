import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from "yaml";
import type { SpecProblem, TextPlace } from "./problem.js";

/** A step into the document: a key, or a 0-based position in a list. */
export type SpecPath = readonly (string | number)[];

/** A parsed YAML text that still knows where everything stands. */
export interface SpecDocument {
  readonly file: string;
  readonly text: string;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

/** Longest spec accepted, in UTF-16 code units: far above any real one. */
const longestText = 1_000_000;
/** Deepest nesting accepted; guards the recursive parser below us. */
const deepestNesting = 50;
const widestIndent = 200;

/** `a.b.0` */
export const dotted = (path: SpecPath): string => path.join(".");

/**
 * Parses YAML 1.2 (core schema and merge keys, one document). Problems are syntax errors, keys that
 * are no plain names (`__proto__` among them), too much nesting, and aliases that multiply.
 */
export function parseSpecText(
  text: string,
  file: string,
): { readonly source: SpecDocument; readonly problems: SpecProblem[] } {
  const lines = new LineCounter();
  const content = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const depth = nestingBound(content);
  const refused =
    content.length > longestText
      ? `is longer than ${longestText} characters`
      : depth > deepestNesting
        ? `nests more than ${deepestNesting} levels deep`
        : undefined;
  if (refused !== undefined) {
    const document = parseDocument("{}", { lineCounter: lines });
    return {
      source: { file, text: content, document, lines },
      problems: [{ path: "", message: `the text ${refused}.`, place: undefined }],
    };
  }
  const document = parseDocument(content, { lineCounter: lines, prettyErrors: false, merge: true });
  const source: SpecDocument = { file, text: content, document, lines };
  const problems = document.errors.map(
    (error): SpecProblem => ({
      path: "",
      message: error.code === "MULTIPLE_DOCS" ? severalDocuments : sentence(error.message),
      place: placeOf(source, error.pos[0], error.pos[1]),
    }),
  );
  if (problems.length > 0) return { source, problems };
  return { source, problems: [...strangeKeys(source), ...aliasProblems(source)] };
}

/** The document as plain data, aliases and merge keys followed. Only where it has no problems. */
export function plainValue(
  source: SpecDocument,
): { readonly value: unknown } | { readonly problem: SpecProblem } {
  try {
    return { value: source.document.toJS({ maxAliasCount: -1 }) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { problem: { path: "", message: sentence(message), place: placeOf(source, 0, 0) } };
  }
}

/** An upper bound of the nesting, without recursion: open brackets, dashes and indentation. */
function nestingBound(text: string): number {
  let open = 0;
  let deepest = 0;
  for (const character of text) {
    if (character === "[" || character === "{") deepest = Math.max(deepest, ++open);
    else if (character === "]" || character === "}") open = Math.max(0, open - 1);
  }
  for (const line of text.split("\n")) {
    const lead = /^(?:[ ]|[-?:][ ])*/.exec(line)?.[0] ?? "";
    const marks = lead.replaceAll(" ", "").length;
    deepest = Math.max(deepest, marks, lead.length > widestIndent ? deepestNesting + 1 : 0);
  }
  return deepest;
}

function strangeKeys(source: SpecDocument): SpecProblem[] {
  const problems: SpecProblem[] = [];
  visit(source.document, {
    Pair(_, pair) {
      const key = pair.key;
      const range = isNode(key) ? key.range : undefined;
      const place = range ? placeOf(source, range[0], range[1]) : undefined;
      if (isMergeKey(key)) return;
      if (!isScalar(key) || (typeof key.value !== "string" && typeof key.value !== "number")) {
        problems.push({ path: "", message: "a key must be a plain name.", place });
      } else if (key.value === "__proto__") {
        problems.push({ path: "__proto__", message: "unknown key.", place });
      } else if (key.value === "<<") {
        problems.push({ path: "<<", message: "a merge key is written without quotes.", place });
      }
    },
  });
  return problems;
}

/** A plain `<<`, which the parser turns into a symbol. */
const isMergeKey = (key: unknown): boolean => isScalar(key) && typeof key.value === "symbol";

/** Most values that aliases may multiply a document to. */
const mostValues = 1_000_000;

/**
 * Aliases and merge keys repeat what they name: a few lines can stand for more values than any memory
 * holds. Counted before they are followed, each anchor once.
 */
function aliasProblems(source: SpecDocument): SpecProblem[] {
  const anchors = new Map<string, Node>();
  const sizes = new Map<Node, number>();
  const sizeOf = (node: unknown): number => {
    if (isPair(node)) return sizeOf(node.key) + sizeOf(node.value);
    if (!isNode(node)) return 0;
    if (isAlias(node)) {
      const named = anchors.get(node.source);
      return named === undefined ? 1 : (sizes.get(named) ?? 1);
    }
    // Until it is counted: an alias inside what it names never ends.
    sizes.set(node, Number.POSITIVE_INFINITY);
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    const items: readonly unknown[] = isMap(node) || isSeq(node) ? node.items : [];
    let size = 1;
    for (const item of items) size += sizeOf(item);
    sizes.set(node, size);
    return size;
  };
  const message = "aliases in this text repeat what they name without end, or too often.";
  return sizeOf(source.document.contents) <= mostValues
    ? []
    : [{ path: "", message, place: undefined }];
}

const severalDocuments = "a second document begins here; a spec is one document.";

const sentence = (message: string): string => (/[.!?]$/.test(message) ? message : `${message}.`);

/** Line, column and length of a range of offsets; the length never leaves the first line. */
export function placeOf(source: SpecDocument, start: number, end: number): TextPlace {
  const { line, col } = source.lines.linePos(start);
  const text = source.text.slice(start, Math.max(end, start));
  const length = text.split(/[\r\n]/)[0]?.trimEnd().length ?? 0;
  return { kind: "text", file: source.file, line, column: col, length };
}

/** The node at a path, aliases and merge keys followed but for a last alias. */
export function nodeAt(source: SpecDocument, path: SpecPath): Node | undefined {
  let node: unknown = source.document.contents;
  for (const step of path) {
    node = childOf(source, resolved(source, node), step);
    if (node === undefined) return undefined;
  }
  return isNode(node) ? node : undefined;
}

const resolved = (source: SpecDocument, node: unknown): unknown =>
  isAlias(node) ? node.resolve(source.document) : node;

function childOf(source: SpecDocument, node: unknown, step: string | number): unknown {
  if (isSeq(node)) return node.get(step, true);
  if (!isMap(node)) return undefined;
  const own = node.get(step, true);
  if (own !== undefined) return own;
  for (const { key, value } of node.items) {
    if (!isMergeKey(key)) continue;
    const merged = resolved(source, value);
    for (const one of isSeq(merged) ? merged.items : [merged]) {
      const found = childOf(source, resolved(source, one), step);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Whether a mapping stands at a path. */
export const isMappingAt = (source: SpecDocument, path: SpecPath): boolean =>
  isMap(resolved(source, nodeAt(source, path)));

/** Where the value at `path` stands; where it is absent, the nearest enclosing thing. */
export function placeOfValueIn(source: SpecDocument, path: SpecPath): TextPlace | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node = nodeAt(source, path.slice(0, length));
    if (node?.range == null) continue;
    if (length === path.length) return placeOf(source, node.range[0], node.range[1]);
    return length === 0 ? placeOf(source, 0, 0) : placeOfKeyIn(source, path.slice(0, length));
  }
  return undefined;
}

/** Where the key itself stands (the last step of `path`), or the list item. */
export function placeOfKeyIn(source: SpecDocument, path: SpecPath): TextPlace | undefined {
  const map = resolved(source, nodeAt(source, path.slice(0, -1)));
  if (isMap(map)) {
    const pair = map.items.find(
      (item) =>
        isPair(item) && isScalar(item.key) && String(item.key.value) === String(path.at(-1)),
    );
    if (pair !== undefined && isScalar(pair.key) && pair.key.range != null) {
      return placeOf(source, pair.key.range[0], pair.key.range[1]);
    }
  }
  return placeOfValueIn(source, path.slice(0, -1).length === 0 ? [] : path);
}
