import { readFile } from "node:fs/promises";
import { CounterweightError } from "@counterweight/base";

/** Line (1-based) that holds the byte at `offset`. */
function lineOfByte(bytes: Uint8Array, offset: number): number {
  let line = 1;
  for (let index = 0; index < offset; index++) if (bytes[index] === 0x0a) line++;
  return line;
}

/** First line (1-based) that is not valid UTF-8. No UTF-8 sequence spans a line feed. */
function firstInvalidLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let start = 0;
  for (let line = 1; ; line++) {
    const feed = bytes.indexOf(0x0a, start);
    const end = feed === -1 ? bytes.length : feed;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    if (feed === -1) return line;
    start = feed + 1;
  }
}

/**
 * Decodes a user's text file strictly: UTF-8, with or without a byte-order mark (which is removed).
 * @throws CounterweightError `data` for UTF-16, invalid UTF-8 or a NUL character, with the line.
 */
export function decodeText(bytes: Uint8Array, file: string): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new CounterweightError("data", "the file is UTF-16, needed UTF-8.", {
      where: file,
      fix: `Convert it: iconv -f UTF-16 -t UTF-8 FILE > FILE.utf8`,
    });
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CounterweightError("data", "the file is not valid UTF-8.", {
      where: `${file}, line ${firstInvalidLine(bytes)}`,
      fix: "Convert it, for example from Latin-1: iconv -f ISO-8859-1 -t UTF-8 FILE > FILE.utf8",
      cause,
    });
  }
  const nul = bytes.indexOf(0);
  if (nul !== -1) {
    throw new CounterweightError("data", "the file holds a NUL character, so it is no text file.", {
      where: `${file}, line ${lineOfByte(bytes, nul)}`,
      fix: "Remove it, or check that this is the file you mean.",
    });
  }
  return text;
}

/**
 * Reads a user's text file; see `decodeText`.
 * @throws CounterweightError `data` when the file is missing, a folder, unreadable or no UTF-8 text.
 */
export async function readTextFile(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const what =
      code === "ENOENT"
        ? "there is no such file."
        : code === "EISDIR"
          ? "this is a folder, needed a file."
          : `the file cannot be read (${code || String(cause)}).`;
    throw new CounterweightError("data", what, {
      where: path,
      fix: "Check the path; a relative one in a spec starts at the spec's folder.",
      cause,
    });
  }
  return decodeText(bytes, path);
}
