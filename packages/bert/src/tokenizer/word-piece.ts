import { CounterweightError } from "@counterweight/base";
import type { JsonObject } from "../checkpoint/model-folder.js";
import { createTokenizer, type Tokenizer } from "./tokenizer.js";

/** The tokens that every BERT vocabulary has; they come first in a built one. */
export const BERT_SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] as const;

/** How a BERT tokenizer treats text, as named in `tokenizer_config.json`. */
export interface WordPieceSettings {
  /** Lower-case the text; default true. */
  readonly lowercase?: boolean;
  /** Drop accents; default as `lowercase`. */
  readonly stripAccents?: boolean | null;
  /** Make every ideograph a word; default true. */
  readonly handleChineseCharacters?: boolean;
  /** Drop control characters; default true. */
  readonly cleanText?: boolean;
}

/**
 * The `tokenizer.json` of a BERT WordPiece with this vocabulary, in id order.
 * @throws CounterweightError("model") when a token stands twice or a special token is absent.
 */
export function wordPieceJson(
  vocabulary: readonly string[],
  settings: WordPieceSettings,
  where: string,
): JsonObject {
  const ids = new Map<string, number>();
  for (const [id, token] of vocabulary.entries()) {
    const before = ids.get(token);
    if (before !== undefined) {
      throw new CounterweightError(
        "model",
        `The token ${JSON.stringify(token)} stands twice, at ${before} and ${id}.`,
        { where, fix: "Remove one of them." },
      );
    }
    ids.set(token, id);
  }
  const idOf = (token: string): number => {
    const id = ids.get(token);
    if (id !== undefined) return id;
    throw new CounterweightError("model", `The vocabulary has no ${token}.`, {
      where,
      fix: `A BERT vocabulary holds ${BERT_SPECIAL_TOKENS.join(", ")}.`,
    });
  };
  return {
    added_tokens: BERT_SPECIAL_TOKENS.map((content) => ({
      id: idOf(content),
      content,
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: settings.cleanText ?? true,
      handle_chinese_chars: settings.handleChineseCharacters ?? true,
      strip_accents: settings.stripAccents ?? null,
      lowercase: settings.lowercase ?? true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "BertProcessing",
      cls: ["[CLS]", idOf("[CLS]")],
      sep: ["[SEP]", idOf("[SEP]")],
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(ids),
    },
  };
}

/**
 * A tokenizer built in memory: ids 0 to 4 are [PAD], [UNK], [CLS], [SEP], [MASK], then `words` in
 * order. Text is split at white space and punctuation; words that are not in the list, nor made
 * of its pieces (`##...`), are [UNK].
 * @throws CounterweightError("model") when a word stands twice.
 */
export function wordPieceTokenizer(
  words: readonly string[],
  settings: WordPieceSettings = {},
): Tokenizer {
  const where = "vocabulary in memory";
  const json = wordPieceJson([...BERT_SPECIAL_TOKENS, ...words], settings, where);
  return createTokenizer(json, {}, where);
}
