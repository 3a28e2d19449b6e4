import { TextDecoder } from "node:util";
import { CounterweightError, nearest } from "@counterweight/base";
import { listed } from "./visible.js";

/** Turns bytes into text piece by piece; `last` ends the file. Throws TypeError for invalid bytes. */
export type DecodeBytes = (bytes: Uint8Array, last: boolean) => string;

/** Encodings by the names of the WHATWG Encoding Standard, for messages; common aliases work too. */
const knownNames: readonly string[] = [
  ..."utf-8 utf-16 utf-16le utf-16be iso-8859-1 latin1 us-ascii windows-1252 cp1252".split(" "),
  ..."iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8".split(" "),
  ..."iso-8859-10 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 koi8-r koi8-u".split(" "),
  ..."windows-874 windows-1250 windows-1251 windows-1253 windows-1254 windows-1255".split(" "),
  ..."windows-1256 windows-1257 windows-1258 macintosh x-mac-cyrillic ibm866".split(" "),
  ..."gbk gb18030 big5 euc-jp iso-2022-jp shift_jis euc-kr".split(" "),
];
const latin1Names = [
  "iso-8859-1",
  "iso8859-1",
  "iso88591",
  "iso_8859-1",
  "latin1",
  "latin-1",
  "l1",
];
const windows1252Names = ["windows-1252", "cp1252", "cp-1252", "x-cp1252", "windows1252"];
const asciiNames = ["us-ascii", "ascii"];

/** Windows-1252 of the bytes 0x80 to 0x9f; all others are as in ISO-8859-1. */
const windows1252High =
  "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f" +
  "\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178";

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");

/** An encoding that a file may be in. */
export interface TextEncoding {
  /** Its canonical name, such as "utf-16le". */
  readonly name: string;
  /** A fresh decoder for one file. */
  readonly decoder: () => DecodeBytes;
}

const tryDecoder = (label: string): TextDecoder | undefined => {
  try {
    // The byte-order mark is removed by the caller, who must know how many bytes it had.
    return new TextDecoder(label, { fatal: true, ignoreBOM: true });
  } catch {
    return undefined;
  }
};

/**
 * The encoding of a name. `iso-8859-1` is the true ISO-8859-1 (byte n is U+00n) and `windows-1252`
 * the true Windows-1252; the built-in decoder of some versions of Node takes one for the other.
 * @throws CounterweightError `data` for an unknown name, with the nearest.
 */
export function encodingOf(label: string, where: string): TextEncoding {
  const name = label.trim().toLowerCase();
  if (latin1Names.includes(name)) return { name: "iso-8859-1", decoder: () => latin1 };
  if (windows1252Names.includes(name)) {
    const decode: DecodeBytes = (bytes) =>
      latin1(bytes).replace(/[\x80-\x9f]/g, (char) =>
        windows1252High.charAt(char.charCodeAt(0) - 0x80),
      );
    return { name: "windows-1252", decoder: () => decode };
  }
  if (asciiNames.includes(name)) {
    const decode: DecodeBytes = (bytes) => {
      if (bytes.some((byte) => byte > 0x7f)) throw new TypeError("not ASCII");
      return latin1(bytes);
    };
    return { name: "us-ascii", decoder: () => decode };
  }
  const found = tryDecoder(name);
  if (found === undefined) {
    const close = nearest(name, knownNames);
    const hint = close === undefined ? "" : ` Did you mean ${JSON.stringify(close)}?`;
    throw new CounterweightError("data", `unknown encoding ${JSON.stringify(label)}.${hint}`, {
      where,
      fix: `Known are, among others: ${listed(knownNames, 12)}.`,
    });
  }
  return {
    name: found.encoding,
    decoder: () => {
      const decoder = tryDecoder(name) ?? found;
      return (bytes, last) => decoder.decode(bytes, { stream: !last });
    },
  };
}

/** A byte-order mark: the encoding that it names, and its length in bytes. */
export interface ByteOrderMark {
  readonly encoding: "utf-8" | "utf-16le" | "utf-16be" | "utf-32";
  readonly bytes: number;
}

/** The byte-order mark with which a file begins, if any. */
export function byteOrderMark(head: Uint8Array): ByteOrderMark | undefined {
  const [a, b, c, d] = head;
  if (a === 0xff && b === 0xfe && c === 0 && d === 0) return { encoding: "utf-32", bytes: 4 };
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return { encoding: "utf-32", bytes: 4 };
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: "utf-8", bytes: 3 };
  if (a === 0xff && b === 0xfe) return { encoding: "utf-16le", bytes: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: "utf-16be", bytes: 2 };
  return undefined;
}

/** UTF-16 without a mark, by its many zero bytes at every second place; undefined for anything else. */
export function unmarkedUtf16(head: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  const zeros = [0, 0];
  const even = head.length - (head.length % 2);
  for (let index = 0; index < even; index++) {
    if (head[index] === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  }
  const [first = 0, second = 0] = zeros;
  const many = even / 8;
  if (second > many && first < second / 8) return "utf-16le";
  if (first > many && second < first / 8) return "utf-16be";
  return undefined;
}
