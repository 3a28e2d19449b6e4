import { CounterweightError } from "@counterweight/base";
import { isJsonObject, type JsonObject } from "../checkpoint/model-folder.js";

/**
 * GPT-2's words: contractions, letters, digits and other marks with one space before them, white
 * space. White space is Unicode's, as in Python's tokenizers; JavaScript's `\s` differs by U+0085
 * and U+FEFF.
 */
const WORDS =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** The character that stands for each byte: itself where it is visible, else one from U+0100 on. */
const BYTE_CHARACTERS: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const visible =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(visible ? byte : next++);
  });
})();

const encoder = new TextEncoder();

/** Splits text as the pre-tokeniser `ByteLevel` does: words whose bytes are spelled as characters. */
export function splitByteLevel(text: string, addPrefixSpace: boolean): string[] {
  const given = addPrefixSpace && !text.startsWith(" ") ? ` ${text}` : text;
  return (given.match(WORDS) ?? []).map((word) =>
    Array.from(encoder.encode(word), (byte) => BYTE_CHARACTERS[byte] ?? "").join(""),
  );
}

/** Where RoBERTa's special tokens are named in `tokenizer_config.json`, and what they are else. */
const SPECIAL_TOKENS = {
  bos_token: "<s>",
  eos_token: "</s>",
  unk_token: "<unk>",
  sep_token: "</s>",
  pad_token: "<pad>",
  cls_token: "<s>",
  mask_token: "<mask>",
} as const;

interface SpecialToken {
  readonly content: string;
  readonly lstrip: boolean;
}

/**
 * The `tokenizer.json` of a RoBERTa with this `vocab.json` and `merges.txt`, as Transformers makes
 * it of them.
 * @param config the content of `tokenizer_config.json`.
 * @throws CounterweightError("model") for a vocabulary, merges or special tokens that do not fit.
 */
export function byteLevelJson(
  vocabulary: JsonObject,
  merges: string,
  config: JsonObject,
  where: { readonly vocabulary: string; readonly merges: string; readonly config: string },
): JsonObject {
  const ids = idsOf(vocabulary, where.vocabulary);
  const special = (key: keyof typeof SPECIAL_TOKENS): SpecialToken => {
    const value = config[key] ?? SPECIAL_TOKENS[key];
    const content = isJsonObject(value) ? value.content : value;
    if (typeof content !== "string") {
      throw new CounterweightError("model", `${key}: needed a token.`, { where: where.config });
    }
    return { content, lstrip: isJsonObject(value) && value.lstrip === true };
  };
  const idOf = ({ content }: SpecialToken): number => {
    const id = ids.get(content);
    if (id !== undefined) return id;
    throw new CounterweightError("model", `The vocabulary has no ${content}.`, {
      where: where.vocabulary,
      fix: "A RoBERTa vocabulary holds <s>, <pad>, </s>, <unk>, <mask>, or those of tokenizer_config.json.",
    });
  };
  const tokens = new Map<string, SpecialToken>();
  for (const key of ["cls", "pad", "sep", "unk", "mask", "bos", "eos"] as const) {
    const token = special(`${key}_token`);
    if (!tokens.has(token.content)) tokens.set(token.content, token);
  }
  const addPrefixSpace = config.add_prefix_space === true;
  const pair = (token: SpecialToken): readonly [string, number] => [token.content, idOf(token)];
  return {
    added_tokens: [...tokens.values()]
      .map((token) => ({
        id: idOf(token),
        content: token.content,
        special: true,
        single_word: false,
        lstrip: token.lstrip,
        rstrip: false,
        normalized: false,
      }))
      .sort((left, right) => left.id - right.id),
    normalizer: null,
    pre_tokenizer: {
      type: "ByteLevel",
      add_prefix_space: addPrefixSpace,
      trim_offsets: true,
      use_regex: true,
    },
    post_processor: {
      type: "RobertaProcessing",
      sep: pair(special("sep_token")),
      cls: pair(special("cls_token")),
      trim_offsets: true,
      add_prefix_space: addPrefixSpace,
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(ids),
      merges: mergesOf(merges, ids, where.merges),
    },
  };
}

function idsOf(vocabulary: JsonObject, where: string): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  const taken = new Map<number, string>();
  for (const [token, id] of Object.entries(vocabulary)) {
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= 2 ** 31) {
      throw new CounterweightError("model", `${JSON.stringify(token)} has no whole number as id.`, {
        where,
      });
    }
    const other = taken.get(id);
    if (other !== undefined) {
      throw new CounterweightError(
        "model",
        `The id ${id} is given twice, to ${JSON.stringify(other)} and ${JSON.stringify(token)}.`,
        { where },
      );
    }
    taken.set(id, token);
    ids.set(token, id);
  }
  return ids;
}

function mergesOf(
  text: string,
  ids: ReadonlyMap<string, number>,
  where: string,
): (readonly [string, string])[] {
  const merges: (readonly [string, string])[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    if (line === "" || (index === 0 && line.startsWith("#version"))) return;
    const [left, right, ...rest] = line.split(" ");
    const known = [left, right, `${left}${right}`].every((token) => ids.has(token ?? ""));
    if (right === undefined || rest.length > 0 || !known) {
      throw new CounterweightError(
        "model",
        `Line ${index + 1} is not a merge of two tokens into a third of vocab.json: ${JSON.stringify(line)}.`,
        { where, fix: "Use the vocab.json and merges.txt of one checkpoint." },
      );
    }
    merges.push([left ?? "", right]);
  });
  return merges;
}
