export type { Activation } from "./activations.js";
export { type Batch, packBatch } from "./batch.js";
export {
  buildClassifier,
  type ClassifierGraph,
  type ClassifierOptions,
  wordEmbeddingName,
  wordEmbeddingNameOf,
} from "./classifier.js";
export { type BatchTensors, batchTensors } from "./inputs.js";
export type { DropoutSite } from "./layers.js";
export { type Pooling, poolings } from "./pooling.js";
