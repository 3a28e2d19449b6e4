import { CounterweightError } from "@counterweight/base";
import { byteChunks } from "./byte-chunks.js";
import { byteOrderMark, encodingOf, type TextEncoding, unmarkedUtf16 } from "./encodings.js";
import { refuseNoText } from "./foreign-file.js";

type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** How the text of a file is written in bytes. */
export interface TextFileOptions {
  /** Such as "utf-8", "iso-8859-1", "windows-1252", "utf-16le", "shift_jis". Default: by the byte-order mark, else UTF-8. */
  readonly encoding?: string;
}

/** The encoding by mark, by name, or UTF-8; what contradicts is refused. */
function chooseEncoding(
  head: Uint8Array,
  file: string,
  options: TextFileOptions,
): { readonly encoding: TextEncoding; readonly markBytes: number } {
  const mark = byteOrderMark(head);
  const named = options.encoding === undefined ? undefined : encodingOf(options.encoding, file);
  if (mark?.encoding === "utf-32") {
    throw new CounterweightError("data", "the file is UTF-32, which is not read.", {
      where: file,
      fix: "Convert it: iconv -f UTF-32 -t UTF-8 FILE > FILE.utf8",
    });
  }
  if (mark !== undefined) {
    const anyUtf16 = options.encoding?.trim().toLowerCase() === "utf-16";
    const fits = named === undefined || named.name === mark.encoding || anyUtf16;
    if (fits) return { encoding: encodingOf(mark.encoding, file), markBytes: mark.bytes };
    throw new CounterweightError(
      "data",
      `the file begins with the byte-order mark of ${mark.encoding}, but encoding says ${named.name}.`,
      { where: file, fix: `Leave encoding out, or set encoding: ${mark.encoding}.` },
    );
  }
  const guess = named === undefined ? unmarkedUtf16(head.subarray(0, 4096)) : undefined;
  if (guess !== undefined) {
    throw new CounterweightError("data", "the file looks like UTF-16 without a byte-order mark.", {
      where: file,
      fix: `If it is, set encoding: ${guess}; else check that it is a text file.`,
    });
  }
  return { encoding: named ?? encodingOf("utf-8", file), markBytes: 0 };
}

function countFeeds(text: string): number {
  let feeds = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) feeds++;
  return feeds;
}

/** Where the first invalid bytes stand: the pieces before `suspect` are decoded whole, then byte by byte. */
async function firstInvalid(
  chunks: Bytes,
  encoding: TextEncoding,
  suspect: number,
): Promise<{ readonly offset: number; readonly line: number; readonly byte: number | undefined }> {
  const decode = encoding.decoder();
  let line = 1;
  let offset = 0;
  let start = 0; // of the character not yet complete
  let byte: number | undefined;
  for await (const chunk of chunks) {
    if (offset + chunk.length <= suspect) {
      line += countFeeds(decode(chunk, false));
      offset += chunk.length;
      start = offset;
      continue;
    }
    for (let index = 0; index < chunk.length; index++) {
      if (start === offset + index) byte = chunk[index];
      try {
        const text = decode(chunk.subarray(index, index + 1), false);
        if (text === "") continue;
        line += countFeeds(text);
        start = offset + index + 1;
      } catch {
        return { offset: start, line, byte };
      }
    }
    offset += chunk.length;
  }
  return { offset: start, line, byte };
}

async function* withoutMark(chunks: Bytes, markBytes: number): AsyncGenerator<Uint8Array> {
  let skip = markBytes;
  for await (const chunk of chunks) {
    yield skip === 0 ? chunk : chunk.subarray(skip);
    skip = 0;
  }
}

/**
 * Decodes the pieces of a text file strictly: by its byte-order mark (which is removed), else by
 * `encoding`, else as UTF-8. The first piece must hold the first bytes that tell a file's kind.
 * @param open gives the pieces; called again, from the start, only to find the place of an error.
 * @throws CounterweightError `data` for a file that is no text (archives, pages, workbooks), an
 * unknown encoding, bytes that are invalid in it (with line and offset) and for a NUL character.
 */
export async function* decodeChunks(
  open: () => Bytes,
  file: string,
  options: TextFileOptions = {},
): AsyncGenerator<string> {
  let chosen: ReturnType<typeof chooseEncoding> | undefined;
  let decode: ((bytes: Uint8Array, last: boolean) => string) | undefined;
  let line = 1;
  let offset = 0;
  const decoded = async (bytes: Uint8Array, last: boolean): Promise<string> => {
    if (decode === undefined || chosen === undefined) return "";
    const { encoding, markBytes } = chosen;
    try {
      const text = decode(bytes, last);
      const nul = text.indexOf("\0");
      if (nul !== -1) {
        throw new CounterweightError(
          "data",
          "the file holds a NUL character, so it is no text file.",
          {
            where: `${file}, line ${line + countFeeds(text.slice(0, nul))}`,
            fix: "Remove it, or check that this is the file you mean.",
          },
        );
      }
      line += countFeeds(text);
      offset += bytes.length;
      return text;
    } catch (cause) {
      if (cause instanceof CounterweightError) throw cause;
      // The character may have begun in the piece before.
      const place = await firstInvalid(withoutMark(open(), markBytes), encoding, offset);
      const shown =
        place.byte === undefined ? "" : ` (0x${place.byte.toString(16).padStart(2, "0")})`;
      throw new CounterweightError(
        "data",
        `the file is not valid ${encoding.name.toUpperCase()}: see the byte at offset ${place.offset + markBytes}${shown}.`,
        {
          where: `${file}, line ${place.line}`,
          fix: "Name the encoding it was saved in, such as encoding: windows-1252; or check that it is a text file.",
          cause,
        },
      );
    }
  };
  for await (const chunk of open()) {
    let bytes = chunk;
    if (chosen === undefined) {
      refuseNoText(chunk, file);
      chosen = chooseEncoding(chunk, file, options);
      decode = chosen.encoding.decoder();
      bytes = chunk.subarray(chosen.markBytes);
    }
    yield await decoded(bytes, false);
  }
  yield await decoded(new Uint8Array(0), true);
}

/**
 * The text of a user's file in pieces, unpacked where it is gzip; see `decodeChunks`. No piece is
 * larger than a few million characters, whatever the file's size.
 */
export function textChunks(path: string, options: TextFileOptions = {}): AsyncGenerator<string> {
  return decodeChunks(() => byteChunks(path), path, options);
}
