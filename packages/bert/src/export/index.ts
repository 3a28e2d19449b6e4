export {
  type CardEvaluation,
  type CardMetric,
  type CardSettings,
  type CardSource,
  type ModelCardData,
  renderModelCard,
} from "./model-card.js";
export { type ModelFolder, type SavedFile, saveModelFolder } from "./save-model-folder.js";
export {
  readTokenizerFiles,
  type TokenizerFiles,
  wordPieceTokenizerFiles,
} from "./tokenizer-files.js";
export { writeOnnxFile } from "./write-onnx-file.js";
