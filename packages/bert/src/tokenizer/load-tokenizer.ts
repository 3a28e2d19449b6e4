import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import { type JsonObject, parseJsonObject, readOptionalText } from "../checkpoint/model-folder.js";
import { byteLevelJson } from "./byte-level.js";
import { createTokenizer, type Tokenizer } from "./tokenizer.js";
import { type WordPieceSettings, wordPieceJson } from "./word-piece.js";

/** The content of a tokenizer's files. */
export interface TokenizerContent {
  /** `tokenizer.json`, or what it would hold. */
  readonly json: JsonObject;
  /** `tokenizer_config.json`; empty where there is none. */
  readonly config: JsonObject;
  /** The file that `json` comes from. */
  readonly path: string;
}

/**
 * Loads the tokenizer of a Hugging Face folder: `tokenizer.json`, else a BERT WordPiece from
 * `vocab.txt`, else a RoBERTa byte-level BPE from `vocab.json` and `merges.txt`; each with
 * `tokenizer_config.json` where there is one.
 * @throws CounterweightError("model") naming the file that is missing or damaged.
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const { json, config, path } = await readTokenizerContent(folder);
  return createTokenizer(json, config, path);
}

/** What `loadTokenizer` makes a folder's tokenizer from; throws the same. */
export async function readTokenizerContent(folder: string): Promise<TokenizerContent> {
  const [text, configText] = await Promise.all([
    readOptionalText(folder, "tokenizer.json"),
    readOptionalText(folder, "tokenizer_config.json"),
  ]);
  const configPath = join(folder, "tokenizer_config.json");
  const config = configText === undefined ? {} : parseJsonObject(configText, configPath);
  if (text !== undefined) {
    const path = join(folder, "tokenizer.json");
    return { json: parseJsonObject(text, path), config, path };
  }
  const words = await readOptionalText(folder, "vocab.txt");
  if (words === undefined) return byteLevelContent(folder, config, configPath);
  const path = join(folder, "vocab.txt");
  const vocabulary = words.replace(/\r?\n$/, "").split(/\r?\n/);
  return { json: wordPieceJson(vocabulary, settingsOf(config, configPath), path), config, path };
}

async function byteLevelContent(
  folder: string,
  config: JsonObject,
  configPath: string,
): Promise<TokenizerContent> {
  const where = {
    vocabulary: join(folder, "vocab.json"),
    merges: join(folder, "merges.txt"),
    config: configPath,
  };
  const [vocabulary, merges] = await Promise.all([
    readOptionalText(folder, "vocab.json"),
    readOptionalText(folder, "merges.txt"),
  ]);
  if (vocabulary === undefined || merges === undefined) {
    throw new CounterweightError(
      "model",
      "There is no tokenizer.json, no vocab.txt and no vocab.json with merges.txt.",
      {
        where: folder,
        fix: "Write a tokenizer.json there: AutoTokenizer.from_pretrained(folder).save_pretrained(folder) in Transformers.",
      },
    );
  }
  const json = byteLevelJson(parseJsonObject(vocabulary, where.vocabulary), merges, config, where);
  return { json, config, path: where.vocabulary };
}

function settingsOf(config: JsonObject, where: string): WordPieceSettings {
  const flag = (key: string): boolean | undefined => {
    const value = config[key] ?? undefined;
    if (value === undefined || typeof value === "boolean") return value;
    throw new CounterweightError(
      "model",
      `${key}: needed true or false, got ${JSON.stringify(value)}.`,
      {
        where,
      },
    );
  };
  return {
    lowercase: flag("do_lower_case") ?? true,
    stripAccents: flag("strip_accents") ?? null,
    handleChineseCharacters: flag("tokenize_chinese_chars") ?? true,
  };
}
