import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import {
  isJsonObject,
  type JsonObject,
  parseJsonObject,
  readOptionalText,
} from "../checkpoint/model-folder.js";
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

const SPECIAL_TOKENS_MAP = {
  unk_token: "[UNK]",
  sep_token: "[SEP]",
  pad_token: "[PAD]",
  cls_token: "[CLS]",
  mask_token: "[MASK]",
};

/**
 * The tokenizer files of a checkpoint's folder, as they are there but for `tokenizer_config.json`:
 * what names the place they came from is left out. A folder with `vocab.txt` alone gets the
 * `tokenizer.json` that it means.
 * @throws CounterweightError("model") when there is neither, or one of them is damaged.
 */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  const read = (name: string): Promise<string | undefined> => readOptionalText(folder, name);
  const configText = await read("tokenizer_config.json");
  const config =
    configText === undefined
      ? {}
      : parseJsonObject(configText, join(folder, "tokenizer_config.json"));
  const files = new Map<string, string>();
  for (const name of TOKENIZER_CONTENT) {
    const text = await read(name);
    if (text !== undefined) files.set(name, text);
  }
  const words = files.get("vocab.txt");
  if (!files.has("tokenizer.json")) {
    if (words === undefined) {
      throw new CounterweightError("model", "There is neither tokenizer.json nor vocab.txt.", {
        where: folder,
        fix: "Give the folder of the checkpoint that the model started from.",
      });
    }
    const vocabulary = words.replace(/\r?\n$/, "").split(/\r?\n/);
    const built = builtFiles(vocabulary, settingsOf(config), join(folder, "vocab.txt"));
    for (const [name, text] of built) if (!files.has(name)) files.set(name, text);
  }
  const kept = Object.fromEntries(Object.entries(config).filter(([key]) => !SOURCE_KEYS.has(key)));
  if (!files.has("special_tokens_map.json")) {
    files.set("special_tokens_map.json", json(specialTokensOf(config)));
  }
  const base = configText === undefined ? defaultConfig({}) : {};
  files.set("tokenizer_config.json", json({ ...base, ...kept }));
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
  const content = {
    version: "1.0",
    truncation: null,
    padding: null,
    ...wordPieceJson(vocabulary, settings, where),
  };
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

/** The special tokens that `tokenizer_config.json` names, as Transformers before 5 kept them apart. */
function specialTokensOf(config: JsonObject): JsonObject {
  const tokens = Object.entries(config).flatMap(([key, value]) => {
    const content = isJsonObject(value) ? value.content : value;
    return key.endsWith("_token") && typeof content === "string" ? [[key, content] as const] : [];
  });
  return Object.fromEntries(tokens);
}

function settingsOf(config: JsonObject): WordPieceSettings {
  return {
    lowercase: config.do_lower_case !== false,
    stripAccents: typeof config.strip_accents === "boolean" ? config.strip_accents : null,
    handleChineseCharacters: config.tokenize_chinese_chars !== false,
  };
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
