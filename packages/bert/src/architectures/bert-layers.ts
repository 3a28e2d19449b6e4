import type { LayerNames } from "./architecture.js";

/** Layer names of BERT and of those that kept its code: `<prefix>.encoder.layer.<index>...`. */
export function bertLayerNames(prefix: string, index: number): LayerNames {
  const layer = `${prefix}.encoder.layer.${index}`;
  return {
    query: `${layer}.attention.self.query`,
    key: `${layer}.attention.self.key`,
    value: `${layer}.attention.self.value`,
    context: `${layer}.attention.output.dense`,
    contextNorm: `${layer}.attention.output.LayerNorm`,
    inner: `${layer}.intermediate.dense`,
    outer: `${layer}.output.dense`,
    outerNorm: `${layer}.output.LayerNorm`,
    dropout: {
      attention: `${layer}.attention.self`,
      context: `${layer}.attention.output`,
      outer: `${layer}.output`,
    },
  };
}
