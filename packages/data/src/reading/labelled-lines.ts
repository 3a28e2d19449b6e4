import { readFile } from "node:fs/promises";
import { CounterweightError } from "@counterweight/base";
import { placeOf, type RecordFile, type SourceRecord } from "./records.js";
import { visible } from "./visible.js";

const isUtf8 = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
};

/**
 * Decodes ISO-8859-1, strictly: every byte is the character of that code point. Web decoders of that
 * name decode Windows-1252 instead; where the two differ (bytes 0x80 to 0x9F), ISO-8859-1 has control
 * characters that no text holds, so such a byte is an error here, as is a file that is UTF-8.
 * @throws CounterweightError `data` for control characters other than tab and line ends, and for
 * bytes that are UTF-8 beyond ASCII.
 */
export function decodeLatin1(bytes: Uint8Array, file: string): string {
  const odd = bytes.findIndex(
    (byte) =>
      (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) ||
      (byte >= 0x7f && byte <= 0x9f),
  );
  const beyondAscii = bytes.some((byte) => byte >= 0x80);
  if (beyondAscii && isUtf8(bytes)) {
    throw new CounterweightError("data", "the file is UTF-8, needed ISO-8859-1 as published.", {
      where: file,
      fix: "Fetch the original file again, or convert: iconv -f UTF-8 -t ISO-8859-1 FILE > FILE.latin1",
    });
  }
  if (odd !== -1) {
    const line = bytes.subarray(0, odd).reduce((count, byte) => count + Number(byte === 0x0a), 1);
    const code = (bytes[odd] ?? 0).toString(16).padStart(2, "0");
    throw new CounterweightError(
      "data",
      `the byte 0x${code} is no character of an ISO-8859-1 text.`,
      {
        where: `${file}, line ${line}`,
        fix: "Fetch the original file again; it may have been converted or cut.",
      },
    );
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/**
 * Parses lines `text@label` as records with the columns `text` and `label`: the label stands after
 * the **last** separator, so a text may hold it too. Line ends may be LF or CRLF; blank lines are no
 * rows.
 * @throws CounterweightError `data` for a line without a separator.
 */
export function parseLabelledLines(text: string, file: string, separator = "@"): RecordFile {
  const records: SourceRecord[] = [];
  const lines = text.split(/\r\n|\n/);
  if (lines.at(-1) === "") lines.pop();
  let blankLines = 0;
  lines.forEach((content, index) => {
    if (content.trim() === "") {
      blankLines++;
      return;
    }
    const place = { row: records.length + 1, line: index + 1 };
    const end = content.lastIndexOf(separator);
    if (end === -1) {
      throw new CounterweightError(
        "data",
        `the line has no ${visible(separator)} before a label.`,
        {
          where: placeOf(file, place),
          fix: `Write each line as text${separator}label.`,
        },
      );
    }
    const fields = new Map([
      ["text", content.slice(0, end)],
      ["label", content.slice(end + separator.length)],
    ]);
    records.push({ ...place, get: (column) => fields.get(column) });
  });
  return { file, columns: ["text", "label"], records, blankLines };
}

/**
 * Reads an ISO-8859-1 file of `text@label` lines (as Financial PhraseBank is published).
 * @throws CounterweightError `data` when the file is missing or unreadable, see also `decodeLatin1`
 * and `parseLabelledLines`.
 */
export async function readLabelledLines(path: string): Promise<RecordFile> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new CounterweightError(
      "data",
      code === "ENOENT" ? "there is no such file." : `the file cannot be read (${code}).`,
      {
        where: path,
        fix: "Check the path; a relative one in a spec starts at the spec's folder.",
        cause,
      },
    );
  }
  return parseLabelledLines(decodeLatin1(bytes, path), path);
}
