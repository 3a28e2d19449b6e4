import type { BertConfig } from "./config.js";

/** Names of the classification head's tensors, the only ones whose shape depends on the task. */
export const HEAD_PARAMETERS: readonly string[] = ["classifier.weight", "classifier.bias"];

/**
 * Every parameter of Transformers' `BertForSequenceClassification` with its shape, in the order of
 * PyTorch's `named_parameters()`. A dense layer's weight is `[outputs, inputs]`.
 */
export function bertParameterShapes(config: BertConfig): ReadonlyMap<string, readonly number[]> {
  const { hiddenSize: width, intermediateSize } = config;
  const shapes = new Map<string, readonly number[]>();
  const dense = (name: string, outputs: number, inputs: number): void => {
    shapes.set(`${name}.weight`, [outputs, inputs]);
    shapes.set(`${name}.bias`, [outputs]);
  };
  const layerNorm = (name: string): void => {
    shapes.set(`${name}.weight`, [width]);
    shapes.set(`${name}.bias`, [width]);
  };
  shapes.set("bert.embeddings.word_embeddings.weight", [config.vocabularySize, width]);
  shapes.set("bert.embeddings.position_embeddings.weight", [config.maxPositions, width]);
  shapes.set("bert.embeddings.token_type_embeddings.weight", [config.typeVocabularySize, width]);
  layerNorm("bert.embeddings.LayerNorm");
  for (let index = 0; index < config.layers; index++) {
    const layer = `bert.encoder.layer.${index}`;
    dense(`${layer}.attention.self.query`, width, width);
    dense(`${layer}.attention.self.key`, width, width);
    dense(`${layer}.attention.self.value`, width, width);
    dense(`${layer}.attention.output.dense`, width, width);
    layerNorm(`${layer}.attention.output.LayerNorm`);
    dense(`${layer}.intermediate.dense`, intermediateSize, width);
    dense(`${layer}.output.dense`, width, intermediateSize);
    layerNorm(`${layer}.output.LayerNorm`);
  }
  dense("bert.pooler.dense", width, width);
  dense("classifier", config.numLabels, width);
  return shapes;
}

/** Parameters in all: the sum over tensors of the product of their sizes. */
export function parameterCount(config: BertConfig): number {
  let count = 0;
  for (const shape of bertParameterShapes(config).values()) {
    count += shape.reduce((product, size) => product * size, 1);
  }
  return count;
}
