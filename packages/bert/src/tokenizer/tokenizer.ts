import { CounterweightError } from "@counterweight/base";
import { isJsonObject, type JsonObject } from "../checkpoint/model-folder.js";
import type { EncodedTexts } from "../encoded-texts.js";
import { buildLibraryTokenizer } from "./library.js";
import { parseTemplate, specialCount, type TemplatePiece } from "./template.js";
import { longestFirst } from "./truncation.js";

/** One text, or one pair of texts, as tokens. */
export interface EncodedText {
  /** Vocabulary ids, special tokens included, `[tokens]`. */
  readonly ids: Int32Array;
  /** Segment of each token: 0, or 1 for the second text of a pair, `[tokens]`. */
  readonly typeIds: Uint8Array;
}

/** How to encode. */
export interface EncodeOptions {
  /** Most tokens a row may have, special tokens included; what is beyond is cut, longest first. */
  readonly maxLength: number;
}

/** Turns text into vocabulary ids as Python's tokenizers does, without padding. */
export interface Tokenizer {
  /** One more than the largest id: the rows that the word embedding needs at least. */
  readonly vocabularySize: number;
  /** The id of a token as the vocabulary spells it, such as "[CLS]" or "##ing". */
  tokenId(token: string): number | undefined;
  /** The vocabulary's spelling of an id. */
  token(id: number): string | undefined;
  /**
   * Special tokens added, truncated longest first, never padded.
   * @throws CounterweightError("spec") when `maxLength` leaves no room for the special tokens.
   */
  encode(text: string, textPair: string | undefined, options: EncodeOptions): EncodedText;
  /** `encode` of every row, end to end; `pairs` has one text per row where rows are pairs. */
  encodeAll(
    texts: readonly string[],
    pairs: readonly string[] | undefined,
    options: EncodeOptions,
  ): EncodedTexts;
}

/**
 * A tokenizer from the content of `tokenizer.json` and `tokenizer_config.json`. The padding and
 * truncation that the file itself asks for are not applied: `maxLength` rules, and nothing pads.
 * @param where the file, for messages.
 * @throws CounterweightError("model") for content that is no tokenizer.
 */
export function createTokenizer(json: JsonObject, config: JsonObject, where: string): Tokenizer {
  if (!isJsonObject(json.model) || json.model.vocab === undefined) {
    throw new CounterweightError("model", "model: needed an object with a vocabulary.", {
      where,
      fix: "Use the tokenizer.json of a BERT, DistilBERT or RoBERTa checkpoint.",
    });
  }
  const template = parseTemplate(json.post_processor, where);
  const library = buildLibraryTokenizer(json, config, where);
  let vocabularySize = 0;
  for (const id of library.get_vocab().values()) vocabularySize = Math.max(vocabularySize, id + 1);

  const contentIds = (text: string): readonly number[] =>
    library.encode(text, { add_special_tokens: false }).ids;
  const encode: Tokenizer["encode"] = (text, textPair, { maxLength }) => {
    const pieces = textPair === undefined ? template.single : template.pair;
    const budget = contentBudget(pieces, maxLength);
    const first = contentIds(text);
    const second = textPair === undefined ? [] : contentIds(textPair);
    const kept = longestFirst(first.length, second.length, budget);
    return assemble(pieces, [first, second], kept);
  };
  return {
    vocabularySize,
    tokenId: (token) => library.token_to_id(token),
    token: (id) => library.id_to_token(id),
    encode,
    encodeAll: (texts, pairs, options) => {
      if (pairs !== undefined && pairs.length !== texts.length) {
        throw new CounterweightError(
          "internal",
          `encodeAll: ${texts.length} texts but ${pairs.length} second texts.`,
        );
      }
      return pack(texts.map((text, row) => encode(text, pairs?.[row], options)));
    },
  };
}

function contentBudget(pieces: readonly TemplatePiece[], maxLength: number): number {
  const specials = specialCount(pieces);
  if (!Number.isInteger(maxLength) || maxLength < specials) {
    throw new CounterweightError(
      "spec",
      `maxLength: needed a whole number of at least ${specials} (the special tokens), got ${maxLength}.`,
    );
  }
  return maxLength - specials;
}

function assemble(
  pieces: readonly TemplatePiece[],
  contents: readonly [readonly number[], readonly number[]],
  kept: readonly [number, number],
): EncodedText {
  const length = specialCount(pieces) + kept[0] + kept[1];
  const ids = new Int32Array(length);
  const typeIds = new Uint8Array(length);
  let position = 0;
  for (const piece of pieces) {
    const part =
      piece.kind === "special" ? [piece.id] : contents[piece.which].slice(0, kept[piece.which]);
    ids.set(part, position);
    typeIds.fill(piece.typeId, position, position + part.length);
    position += part.length;
  }
  return { ids, typeIds };
}

function pack(rows: readonly EncodedText[]): EncodedTexts {
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach(({ ids }, row) => {
    offsets[row + 1] = (offsets[row] ?? 0) + ids.length;
  });
  const tokens = offsets[rows.length] ?? 0;
  const tokenIds = new Int32Array(tokens);
  const typeIds = new Uint8Array(tokens);
  rows.forEach((encoded, row) => {
    tokenIds.set(encoded.ids, offsets[row]);
    typeIds.set(encoded.typeIds, offsets[row]);
  });
  return { offsets, tokenIds, typeIds };
}
