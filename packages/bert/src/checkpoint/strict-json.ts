import { CounterweightError } from "@counterweight/base";

/**
 * A JSON value that keeps what `JSON.parse` loses: integer literals are `bigint` (exact, and told
 * apart from `1.0`), and objects are Maps, so that a key named `__proto__` is a key like any other.
 */
export type StrictJson =
  | null
  | boolean
  | string
  | number
  | bigint
  | readonly StrictJson[]
  | ReadonlyMap<string, StrictJson>;

/** serde_json, which Python's safetensors uses, stops at the same depth. */
const MAX_DEPTH = 127;
/** A size of 2^64 has 20 digits; longer literals are no sizes, and `BigInt` is quadratic in them. */
const MAX_INTEGER_DIGITS = 20;
const LONE_SURROGATE = /\p{Surrogate}/u;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;

/**
 * Parses JSON (RFC 8259) as untrusted input: repeated keys, lone surrogates, and nesting beyond
 * 127 levels are refused.
 * @throws CounterweightError("model") naming the character position.
 */
export function parseStrictJson(text: string, where: string): StrictJson {
  let position = 0;

  const fail = (what: string): never => {
    throw new CounterweightError("model", `${what} at character ${position}.`, { where });
  };
  const skipSpace = (): void => {
    for (;;) {
      const code = text.charCodeAt(position);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      position++;
    }
  };
  const expect = (word: string): void => {
    if (!text.startsWith(word, position)) fail(`Not JSON: needed ${JSON.stringify(word)}`);
    position += word.length;
  };
  const string = (): string => {
    expect('"');
    const start = position;
    let escaped = false;
    for (;;) {
      const code = text.charCodeAt(position);
      if (Number.isNaN(code)) fail("Not JSON: a string does not end");
      if (code < 0x20) fail("Not JSON: an unescaped control character");
      if (code === 0x22) break;
      if (code === 0x5c) {
        escaped = true;
        position++;
      }
      position++;
    }
    const raw = text.slice(start, position);
    position++;
    if (!escaped) return raw;
    let value = "";
    try {
      value = String(JSON.parse(`"${raw}"`));
    } catch {
      fail("Not JSON: a bad escape in the string that ends");
    }
    if (LONE_SURROGATE.test(value)) fail("Not Unicode: half of a surrogate pair in the string");
    return value;
  };
  const numberLiteral = (): bigint | number => {
    NUMBER.lastIndex = position;
    const match = NUMBER.exec(text);
    if (match === null) return fail("Not JSON: needed a value");
    position += match[0].length;
    const integer = match[1] === undefined && match[2] === undefined && match[0] !== "-0";
    return integer && match[0].length <= MAX_INTEGER_DIGITS ? BigInt(match[0]) : Number(match[0]);
  };
  const list = (depth: number): StrictJson[] => {
    const values: StrictJson[] = [];
    position++;
    skipSpace();
    if (text[position] === "]") {
      position++;
      return values;
    }
    for (;;) {
      values.push(value(depth));
      skipSpace();
      if (text[position] === "]") break;
      expect(",");
    }
    position++;
    return values;
  };
  const object = (depth: number): Map<string, StrictJson> => {
    const entries = new Map<string, StrictJson>();
    position++;
    skipSpace();
    if (text[position] === "}") {
      position++;
      return entries;
    }
    for (;;) {
      skipSpace();
      const key = string();
      if (entries.has(key))
        fail(`The key ${JSON.stringify(key.slice(0, 200))} stands twice; the second ends`);
      skipSpace();
      expect(":");
      entries.set(key, value(depth));
      skipSpace();
      if (text[position] === "}") break;
      expect(",");
    }
    position++;
    return entries;
  };
  const value = (depth: number): StrictJson => {
    if (depth > MAX_DEPTH) fail(`More than ${MAX_DEPTH} levels of nesting`);
    skipSpace();
    switch (text[position]) {
      case "{":
        return object(depth + 1);
      case "[":
        return list(depth + 1);
      case '"':
        return string();
      case "t":
        expect("true");
        return true;
      case "f":
        expect("false");
        return false;
      case "n":
        expect("null");
        return null;
      default:
        return numberLiteral();
    }
  };

  const result = value(1);
  skipSpace();
  if (position !== text.length) fail("Not JSON: something follows the end of the value");
  return result;
}
