import {
  isJsonObject,
  type JsonObject,
  parseJsonObject,
  readOptionalText,
} from "../checkpoint/model-folder.js";
import { readTokenizerContent } from "../tokenizer/load-tokenizer.js";
import {
  BERT_SPECIAL_TOKENS,
  type WordPieceSettings,
  wordPieceJson,
} from "../tokenizer/word-piece.js";

/** The files of a tokenizer by name; `tokenizer.json` and `tokenizer_config.json` among them. */
export type TokenizerFiles = ReadonlyMap<string, string>;

/** What a Hugging Face folder may hold of its tokenizer, beside its settings. */
export const TOKENIZER_CONTENT = [
  "tokenizer.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.txt",
  "vocab.json",
  "merges.txt",
];

/** Keys that name the machine or the model where the tokenizer came from, and would be wrong here. */
const SOURCE_KEYS: ReadonlySet<string> = new Set([
  "name_or_path",
  "special_tokens_map_file",
  "tokenizer_file",
]);

/** What Python's tokenizers want in a `tokenizer.json` beside its parts. */
const WITHOUT_LIMITS = { version: "1.0", truncation: null, padding: null };

const SPECIAL_TOKENS_MAP = {
  unk_token: "[UNK]",
  sep_token: "[SEP]",
  pad_token: "[PAD]",
  cls_token: "[CLS]",
  mask_token: "[MASK]",
};

/**
 * The tokenizer files of a checkpoint's folder. `tokenizer_config.json` loses what it says of the
 * place it came from; merges may be written otherwise (see `withMergesAsText`); a folder without
 * `tokenizer.json` gets the one that its vocabulary means.
 * @throws CounterweightError("model") when there is no tokenizer, or it is damaged.
 */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  const content = await readTokenizerContent(folder);
  const files = new Map<string, string>();
  for (const name of TOKENIZER_CONTENT) {
    const text = await readOptionalText(folder, name);
    if (text !== undefined) files.set(name, text);
  }
  const before = files.get("tokenizer.json") ?? json({ ...WITHOUT_LIMITS, ...content.json });
  files.set("tokenizer.json", withMergesAsText(before));
  const kept = Object.entries(content.config).filter(([key]) => !SOURCE_KEYS.has(key));
  // Whoever names nothing in tokenizer_config.json means BERT's standard.
  const isBare = kept.length === 0 && files.has("vocab.txt");
  const config = isBare ? defaultConfig({}) : Object.fromEntries(kept);
  files.set("tokenizer_config.json", json(config));
  if (!files.has("special_tokens_map.json")) {
    files.set("special_tokens_map.json", json(specialTokensOf(config)));
  }
  return files;
}

/**
 * The files of the tokenizer that `wordPieceTokenizer(words, settings)` makes: a model that started
 * from random weights has no folder to copy them from.
 */
export function wordPieceTokenizerFiles(
  words: readonly string[],
  settings: WordPieceSettings = {},
): TokenizerFiles {
  return builtFiles([...BERT_SPECIAL_TOKENS, ...words], settings, "vocabulary in memory");
}

function builtFiles(
  vocabulary: readonly string[],
  settings: WordPieceSettings,
  where: string,
): TokenizerFiles {
  const content = { ...WITHOUT_LIMITS, ...wordPieceJson(vocabulary, settings, where) };
  return new Map([
    ["tokenizer.json", json(content)],
    ["tokenizer_config.json", json(defaultConfig(settings))],
    ["special_tokens_map.json", json(SPECIAL_TOKENS_MAP)],
    ["vocab.txt", `${vocabulary.join("\n")}\n`],
  ]);
}

function defaultConfig(settings: WordPieceSettings): JsonObject {
  return {
    tokenizer_class: "BertTokenizer",
    do_lower_case: settings.lowercase ?? true,
    strip_accents: settings.stripAccents ?? null,
    tokenize_chinese_chars: settings.handleChineseCharacters ?? true,
    ...SPECIAL_TOKENS_MAP,
  };
}

/**
 * `tokenizer.json` with byte-pair merges as `"a b"`: the pairs `["a", "b"]` that newer files have
 * are unknown to `@xenova/transformers`, the strings are read by all. As it is where it has none, or
 * where a space in a token would make a string mean two things.
 */
function withMergesAsText(text: string): string {
  const content = parseJsonObject(text, "tokenizer.json");
  const { model } = content;
  if (!isJsonObject(model) || !Array.isArray(model.merges)) return text;
  const merges: readonly unknown[] = model.merges;
  const joined = merges.flatMap((merge) =>
    Array.isArray(merge) && merge.length === 2 && merge.every(isPlainToken) ? merge.join(" ") : [],
  );
  if (joined.length < merges.length) return text;
  return json({ ...content, model: { ...model, merges: joined } });
}

const isPlainToken = (token: unknown): boolean =>
  typeof token === "string" && token !== "" && !token.includes(" ");

/** The special tokens that `tokenizer_config.json` names, as Transformers before 5 kept them apart. */
function specialTokensOf(config: JsonObject): JsonObject {
  const tokens = Object.entries(config).flatMap(([key, value]) => {
    const content = isJsonObject(value) ? value.content : value;
    return key.endsWith("_token") && typeof content === "string" ? [[key, content] as const] : [];
  });
  return Object.fromEntries(tokens);
}

/**
 * `files` with `model_max_length` set, where every library cuts by default: a saved model is to see
 * texts as long as it was trained on.
 */
export function withMaxLength(files: TokenizerFiles, maxLength: number): TokenizerFiles {
  const name = "tokenizer_config.json";
  const config = parseJsonObject(files.get(name) ?? "{}", name);
  return new Map(files).set(name, json({ ...config, model_max_length: maxLength }));
}

/** The longest input that the files ask for; Infinity where they set no bound. */
export function ownMaxLength(files: TokenizerFiles): number {
  const name = "tokenizer_config.json";
  const value = parseJsonObject(files.get(name) ?? "{}", name).model_max_length;
  return typeof value === "number" && value >= 1 ? value : Number.POSITIVE_INFINITY;
}

const json = (value: JsonObject): string => `${JSON.stringify(value, null, 2)}\n`;
