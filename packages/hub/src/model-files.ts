/** Small files that say how a BERT-like checkpoint is built, how its texts become tokens, and whose it is. */
const DESCRIPTIONS: readonly string[] = [
  "config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "vocab.txt",
  "vocab.json",
  "merges.txt",
  "special_tokens_map.json",
  "added_tokens.json",
  "modules.json",
  "1_Pooling/config.json",
  "sentence_bert_config.json",
  "README.md",
];
const TOKENIZERS: readonly string[] = ["tokenizer.json", "vocab.txt", "vocab.json"];

const WHOLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";
const SHARD = /^model-(\d{5})-of-(\d{5})\.safetensors$/;
const OTHER_WEIGHTS = /^(?:pytorch_model.*\.bin|tf_model\.h5|flax_model\.msgpack|model\.onnx)$/;

/**
 * Which of a repository's files a BERT-like checkpoint needs: configuration, tokenizer, pooling,
 * README.md, and the weights as safetensors, whole or in shards. Never .bin, .h5, ONNX, or weights in
 * folders below.
 */
export function chooseModelFiles(paths: readonly string[]): readonly string[] {
  const there = new Set(paths);
  const weights = there.has(WHOLE)
    ? [WHOLE]
    : paths.filter((path) => path === INDEX || SHARD.test(path)).sort();
  return [...DESCRIPTIONS.filter((path) => there.has(path)), ...weights];
}

/** What chosen files lack to be a checkpoint, in words; undefined where they suffice. */
export function lackOfModel(paths: readonly string[]): string | undefined {
  const there = new Set(paths);
  if (!there.has("config.json")) return "it has no config.json";
  if (there.has(WHOLE)) return undefined;
  const shards = paths.flatMap((path) => {
    const [, number, count] = SHARD.exec(path) ?? [];
    return number === undefined ? [] : [{ number: Number(number), count: Number(count) }];
  });
  const count = shards[0]?.count;
  if (there.has(INDEX) && count !== undefined) {
    const numbers = new Set(shards.map(({ number }) => number));
    for (let number = 1; number <= count; number++) {
      if (!numbers.has(number)) return `part ${number} of ${count} of its weights is missing`;
    }
    return undefined;
  }
  const other = paths.find((path) => OTHER_WEIGHTS.test(path));
  return `it has no weights as safetensors${other === undefined ? "" : ` (only such as ${other})`}`;
}

/** True where any file of a tokenizer is there. */
export const hasTokenizer = (paths: readonly string[]): boolean =>
  TOKENIZERS.some((path) => paths.includes(path));
