export { loadTokenizer } from "./load-tokenizer.js";
export {
  createTokenizer,
  type EncodedText,
  type EncodeOptions,
  type Tokenizer,
} from "./tokenizer.js";
export { BERT_SPECIAL_TOKENS, type WordPieceSettings, wordPieceTokenizer } from "./word-piece.js";
