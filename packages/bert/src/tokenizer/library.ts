import { CounterweightError } from "@counterweight/base";
import * as foreign from "@huggingface/tokenizers";
import { isJsonObject, type JsonObject } from "../checkpoint/model-folder.js";
import { type BertTextSettings, normaliseBertText, splitBertText } from "./bert-text.js";
import { splitByteLevel } from "./byte-level.js";

/**
 * What is used of the library's `Tokenizer`. Declared here because the package's own declarations
 * import without file extensions, which NodeNext resolution does not follow.
 */
export interface LibraryTokenizer {
  /** Called on each stretch of text between special tokens. */
  normalizer: ((text: string) => string) | null;
  /** Called on each normalised stretch; gives its words. */
  pre_tokenizer: ((text: string) => string[]) | null;
  encode(
    text: string,
    options: { readonly add_special_tokens: boolean },
  ): { readonly ids: number[] };
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
  get_vocab(): Map<string, number>;
}

const Library: new (json: object, config: object) => LibraryTokenizer = foreign.Tokenizer;

/**
 * The library's tokenizer for this `tokenizer.json`, with Python's rules where it is BERT's or
 * RoBERTa's.
 * @throws CounterweightError("model") when the library cannot make one.
 */
export function buildLibraryTokenizer(
  json: JsonObject,
  config: JsonObject,
  where: string,
): LibraryTokenizer {
  let library: LibraryTokenizer;
  try {
    library = new Library({ added_tokens: [], decoder: null, ...json }, config);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CounterweightError("model", `Not a usable tokenizer: ${reason}.`, { where, cause });
  }
  const { normalizer, pre_tokenizer } = json;
  if (isJsonObject(normalizer) && normalizer.type === "BertNormalizer") {
    const settings = bertTextSettings(normalizer);
    library.normalizer = (text) => normaliseBertText(text, settings);
  }
  if (isJsonObject(pre_tokenizer) && pre_tokenizer.type === "BertPreTokenizer") {
    library.pre_tokenizer = splitBertText;
  }
  if (isJsonObject(pre_tokenizer) && pre_tokenizer.type === "ByteLevel") {
    const addPrefixSpace = pre_tokenizer.add_prefix_space === true;
    if (pre_tokenizer.use_regex !== false) {
      library.pre_tokenizer = (text) => splitByteLevel(text, addPrefixSpace);
    }
  }
  return library;
}

function bertTextSettings(normalizer: JsonObject): BertTextSettings {
  const lowercase = normalizer.lowercase !== false;
  return {
    cleanText: normalizer.clean_text !== false,
    handleChineseCharacters: normalizer.handle_chinese_chars !== false,
    stripAccents: (normalizer.strip_accents ?? lowercase) === true,
    lowercase,
  };
}
