import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import { type JsonObject, parseJsonObject, readOptionalText } from "../checkpoint/model-folder.js";
import { createTokenizer, type Tokenizer } from "./tokenizer.js";
import { type WordPieceSettings, wordPieceJson } from "./word-piece.js";

/**
 * Loads the tokenizer of a Hugging Face folder: `tokenizer.json`, else a BERT WordPiece from
 * `vocab.txt`; either with `tokenizer_config.json` where there is one.
 * @throws CounterweightError("model") naming the file that is missing or damaged.
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const [text, configText] = await Promise.all([
    readOptionalText(folder, "tokenizer.json"),
    readOptionalText(folder, "tokenizer_config.json"),
  ]);
  const configPath = join(folder, "tokenizer_config.json");
  const config = configText === undefined ? {} : parseJsonObject(configText, configPath);
  if (text !== undefined) {
    const path = join(folder, "tokenizer.json");
    return createTokenizer(parseJsonObject(text, path), config, path);
  }
  const words = await readOptionalText(folder, "vocab.txt");
  if (words === undefined) {
    throw new CounterweightError("model", "There is neither tokenizer.json nor vocab.txt.", {
      where: folder,
      fix: "Give a Hugging Face model folder with config.json, model.safetensors and tokenizer.json.",
    });
  }
  const path = join(folder, "vocab.txt");
  const vocabulary = words.replace(/\r?\n$/, "").split(/\r?\n/);
  return createTokenizer(
    wordPieceJson(vocabulary, settingsOf(config, configPath), path),
    config,
    path,
  );
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
