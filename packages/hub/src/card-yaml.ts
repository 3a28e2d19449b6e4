/**
 * The part of YAML in which data set cards state their files and classes: block maps and lists,
 * plain and quoted scalars, lists and maps in brackets on one line. Scalars stay strings, absent ones
 * are null. Anything else (anchors, tags, block scalars, scalars over several lines) is refused, so
 * that a card is understood rightly or not at all.
 */
export type CardValue =
  | string
  | null
  | readonly CardValue[]
  | { readonly [key: string]: CardValue };

/** Says that a text is outside the understood part of YAML. */
export class CardSyntaxError extends Error {}

interface Line {
  readonly indent: number;
  readonly text: string;
}

const KEY =
  /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s'"[\]{},&*!|>%@`#-][^:#]*?|-?[\w.][^:#]*?)\s*:(?:\s+(.*))?$/;

function withoutComment(text: string): string {
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const sign = text.charAt(i);
    if (quote !== "") {
      if (quote === '"' && sign === "\\") i++;
      else if (sign === quote) quote = "";
    } else if ((sign === '"' || sign === "'") && /^$|[\s[{,:]$/.test(text.slice(0, i)))
      quote = sign;
    else if (sign === "#" && (i === 0 || /\s/.test(text.charAt(i - 1)))) return text.slice(0, i);
  }
  return text;
}

function linesOf(source: string): Line[] {
  return source.split(/\r?\n/).flatMap((raw) => {
    const line = withoutComment(raw).trimEnd();
    const text = line.trimStart();
    if (text === "") return [];
    if (text.includes("\t") && /^\s*\t/.test(line))
      throw new CardSyntaxError("a tab indents a line");
    return [{ indent: line.length - text.length, text }];
  });
}

function scalar(text: string): string | null {
  if (text === "" || text === "~" || text === "null") return null;
  if (text.startsWith("'")) {
    if (!/^'(?:[^']|'')*'$/.test(text)) throw new CardSyntaxError(`unclosed quote: ${text}`);
    return text.slice(1, -1).replaceAll("''", "'");
  }
  if (text.startsWith('"')) {
    if (!/^"(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"$/.test(text)) {
      throw new CardSyntaxError(`not understood: ${text}`);
    }
    const value: unknown = JSON.parse(text);
    return String(value);
  }
  if (/^[&*!|>%@`,\]}]/.test(text) || /:\s|:$/.test(text)) {
    throw new CardSyntaxError(`not understood: ${text}`);
  }
  return text;
}

/** One-line lists and maps in brackets. */
function flow(text: string): CardValue {
  let at = 0;
  const spaces = (): void => {
    while (text.charAt(at) === " ") at++;
  };
  const item = (ends: string): CardValue => {
    spaces();
    const sign = text.charAt(at);
    if (sign === "[" || sign === "{") return collection();
    const quoted = /^(?:'(?:[^']|'')*'|"(?:[^"\\]|\\.)*")/.exec(text.slice(at))?.[0];
    const start = at;
    if (quoted !== undefined) at += quoted.length;
    else while (at < text.length && !ends.includes(text.charAt(at))) at++;
    return scalar(text.slice(start, at).trim());
  };
  const collection = (): CardValue => {
    const isMap = text.charAt(at++) === "{";
    const close = isMap ? "}" : "]";
    const list: CardValue[] = [];
    const map: [string, CardValue][] = [];
    for (spaces(); text.charAt(at) !== close; spaces()) {
      if (at >= text.length) throw new CardSyntaxError(`unclosed bracket: ${text}`);
      if (isMap) {
        const key = item(":}");
        spaces();
        if (text.charAt(at++) !== ":" || typeof key !== "string") {
          throw new CardSyntaxError(`not understood: ${text}`);
        }
        map.push([key, item(",}")]);
      } else list.push(item(",]"));
      spaces();
      if (text.charAt(at) === ",") at++;
      else if (text.charAt(at) !== close) throw new CardSyntaxError(`not understood: ${text}`);
    }
    at++;
    return isMap ? Object.fromEntries(map) : list;
  };
  const value = collection();
  spaces();
  if (at < text.length) throw new CardSyntaxError(`not understood: ${text}`);
  return value;
}

const inline = (text: string): CardValue => (/^[[{]/.test(text) ? flow(text) : scalar(text));
const isItem = (line: Line): boolean => line.text === "-" || line.text.startsWith("- ");

/**
 * Reads a block of YAML.
 * @throws CardSyntaxError where it is outside the understood part.
 */
export function parseCardYaml(source: string): CardValue {
  const lines = linesOf(source);
  let next = 0;

  const list = (indent: number): CardValue => {
    const items: CardValue[] = [];
    for (let line = lines[next]; line?.indent === indent && isItem(line); line = lines[next]) {
      const rest = line.text.slice(1).trimStart();
      if (rest === "") {
        next++;
        items.push(block(indent + 1, false));
      } else if (KEY.test(rest) || isItem({ indent: 0, text: rest })) {
        // "- key: value": the map begins where its first key stands.
        const inner = indent + line.text.length - rest.length;
        lines[next] = { indent: inner, text: rest };
        items.push(block(inner, false));
      } else {
        next++;
        items.push(inline(rest));
      }
    }
    return items;
  };

  const map = (indent: number): CardValue => {
    const entries: [string, CardValue][] = [];
    const seen = new Set<string>();
    for (let line = lines[next]; line?.indent === indent && !isItem(line); line = lines[next]) {
      const [, written, value = ""] = KEY.exec(line.text) ?? [];
      const key = written === undefined ? null : scalar(written);
      if (key === null || seen.has(key)) throw new CardSyntaxError(`not understood: ${line.text}`);
      seen.add(key);
      next++;
      entries.push([key, value === "" ? block(indent + 1, true) : inline(value)]);
    }
    return Object.fromEntries(entries);
  };

  /** What is indented by `least` or more; a list of a map's value may stand one less. */
  const block = (least: number, listMayStandLess: boolean): CardValue => {
    const line = lines[next];
    if (line === undefined) return null;
    if (isItem(line) && line.indent >= least - (listMayStandLess ? 1 : 0)) return list(line.indent);
    if (line.indent < least) return null;
    if (KEY.test(line.text)) return map(line.indent);
    next++;
    return inline(line.text);
  };

  const value = block(0, false);
  const left = lines[next];
  if (left !== undefined) throw new CardSyntaxError(`not understood: ${left.text}`);
  return value;
}
