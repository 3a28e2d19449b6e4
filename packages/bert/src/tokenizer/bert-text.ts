import { IDEOGRAPHS, MARKS, PUNCTUATION, REMOVED, SEPARATORS, SPACES } from "./bert-characters.js";

// `@huggingface/tokenizers` 0.2.0 departs from Python's tokenizers in these, hence this file:
// - the character classes are those of the engine's Unicode version, not of the Rust crates' older
//   ones (marks, format characters and punctuation assigned since);
// - ideographs beyond the basic plane (extension B onwards) are not set apart;
// - capital sigma at the end of a word becomes the final form, where Rust lowers each letter alone;
// - letters that were given a decomposition since are decomposed.

/** The body of a regular expression's character class for ranges such as "9-a 20". */
function classOf(ranges: string): string {
  return ranges
    .trim()
    .split(/ +/)
    .map((range) =>
      range
        .split("-")
        .map((point) => `\\u{${point}}`)
        .join("-"),
    )
    .join("");
}

// Half of a surrogate pair cannot reach Python at all; it is dropped like a control character.
const REMOVED_CHARACTERS = new RegExp(`[${classOf(REMOVED)}\\p{Surrogate}]+`, "gu");
const SPACE_CHARACTERS = new RegExp(`[${classOf(SPACES)}]`, "gu");
const IDEOGRAPH = new RegExp(`[${classOf(IDEOGRAPHS)}]`, "gu");
const NONSPACING_MARKS = new RegExp(`[${classOf(MARKS)}]+`, "gu");
const PRE_TOKEN = new RegExp(
  `[^${classOf(SEPARATORS)}${classOf(PUNCTUATION)}]+|[${classOf(PUNCTUATION)}]`,
  "gu",
);
/** Letters whose canonical decomposition came with Unicode 16, after the crate's tables. */
const NEWER_COMPOSITES =
  /([\u{105C9}\u{105E4}\u{11383}\u{11385}\u{1138E}\u{11391}\u{113C5}\u{113C7}\u{113C8}\u{11938}\u{16121}-\u{16128}\u{16D68}-\u{16D6A}]+)/u;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

function decompose(text: string): string {
  if (!NEWER_COMPOSITES.test(text)) return text.normalize("NFD");
  const parts = text.split(NEWER_COMPOSITES);
  return parts.map((part, index) => (index % 2 === 1 ? part : part.normalize("NFD"))).join("");
}

/** The settings of a `BertNormalizer` in `tokenizer.json`. */
export interface BertTextSettings {
  /** Drop control characters, make every space a plain one. */
  readonly cleanText: boolean;
  /** Set ideographs apart by spaces. */
  readonly handleChineseCharacters: boolean;
  /** Drop nonspacing marks after canonical decomposition. */
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

/** `BertNormalizer` as Python's tokenizers has it: clean, set ideographs apart, strip marks, lower. */
export function normaliseBertText(text: string, settings: BertTextSettings): string {
  const { cleanText, handleChineseCharacters, stripAccents, lowercase } = settings;
  if (PRINTABLE_ASCII.test(text)) return lowercase ? text.toLowerCase() : text;
  let result = text;
  if (cleanText) result = result.replace(REMOVED_CHARACTERS, "").replace(SPACE_CHARACTERS, " ");
  if (handleChineseCharacters) result = result.replace(IDEOGRAPH, " $& ");
  if (stripAccents) result = decompose(result).replace(NONSPACING_MARKS, "");
  // A small sigma stays what it is; only a capital one would be lowered by its place in the word.
  if (lowercase) result = result.replaceAll("Σ", "σ").toLowerCase();
  return result;
}

/** `BertPreTokenizer` as Python's tokenizers has it: words and single punctuation characters. */
export function splitBertText(text: string): string[] {
  return text.match(PRE_TOKEN) ?? [];
}
