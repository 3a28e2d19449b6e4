import { CounterweightError } from "@counterweight/base";
import { type TextFileOptions, textChunks } from "./text-chunks.js";

/** Characters of the largest text that is held as one string, 256 Mi; V8 itself ends at 512 Mi. */
const maxCharacters = 1 << 28;

/**
 * Reads a user's text file whole (unpacked where it is gzip); see `decodeChunks`.
 * @throws CounterweightError `data` when the file is missing, a folder, unreadable, not text in its
 * encoding, or too large to be one string.
 */
export async function readTextFile(path: string, options: TextFileOptions = {}): Promise<string> {
  const pieces: string[] = [];
  let characters = 0;
  for await (const piece of textChunks(path, options)) {
    characters += piece.length;
    if (characters > maxCharacters) {
      throw new CounterweightError("data", `the file has more than ${maxCharacters} characters.`, {
        where: path,
        fix: "Check that this is the file you mean.",
      });
    }
    pieces.push(piece);
  }
  return pieces.join("");
}
