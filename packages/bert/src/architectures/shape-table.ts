import type { BertConfig } from "../checkpoint/config.js";
import type { LayerNames } from "./architecture.js";

/** Collects parameter names with their shapes, in order. A dense layer's weight is `[outputs, inputs]`. */
export interface ShapeTable {
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** An embedding table of `rows` vectors. */
  rows(name: string, rows: number): void;
  dense(name: string, outputs: number, inputs: number): void;
  layerNorm(name: string): void;
  /** One encoder layer: attention, then the feed-forward network. */
  layer(names: LayerNames): void;
}

/** An empty table for this configuration's width. */
export function createShapeTable({ hiddenSize: width, intermediateSize }: BertConfig): ShapeTable {
  const shapes = new Map<string, readonly number[]>();
  const dense = (name: string, outputs: number, inputs: number): void => {
    shapes.set(`${name}.weight`, [outputs, inputs]);
    shapes.set(`${name}.bias`, [outputs]);
  };
  const layerNorm = (name: string): void => {
    shapes.set(`${name}.weight`, [width]);
    shapes.set(`${name}.bias`, [width]);
  };
  return {
    shapes,
    rows: (name, rows) => shapes.set(`${name}.weight`, [rows, width]),
    dense,
    layerNorm,
    layer(names) {
      for (const name of [names.query, names.key, names.value, names.context]) {
        dense(name, width, width);
      }
      layerNorm(names.contextNorm);
      dense(names.inner, intermediateSize, width);
      dense(names.outer, width, intermediateSize);
      layerNorm(names.outerNorm);
    },
  };
}
