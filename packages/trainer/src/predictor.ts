import { type BertConfig, type EncodedTexts, packBatch } from "@counterweight/bert";
import type { TensorValue } from "@counterweight/graph";
import type { Executable, Runtime } from "@counterweight/runtime";
import { buildPredictionProgram } from "./programs.js";

/** Rows a prediction batch takes; rows of like length go together, which changes no result. */
const predictionBatch = 64;

/** Runs a model without dropout. */
export interface Predictor {
  /** Natural-log probabilities, float32, row-major `[rows, classes]`, in the order of the rows. */
  predict(encoded: EncodedTexts): Promise<Float32Array>;
  release(): Promise<void>;
}

/** A predictor over parameters that may go on changing: each call reads them as they are. */
export async function createPredictor(
  runtime: Runtime,
  config: BertConfig,
  parameters: Readonly<Record<string, TensorValue>>,
  threads: number,
): Promise<Predictor> {
  const executable: Executable = await runtime.compile(buildPredictionProgram(config), { threads });
  return {
    async predict(encoded) {
      const rows = encoded.offsets.length - 1;
      const result = new Float32Array(rows * config.numLabels);
      const length = (row: number): number =>
        (encoded.offsets[row + 1] ?? 0) - (encoded.offsets[row] ?? 0);
      const order = Array.from({ length: rows }, (_, row) => row).sort(
        (a, b) => length(a) - length(b) || a - b,
      );
      for (let start = 0; start < rows; start += predictionBatch) {
        const chosen = order.slice(start, start + predictionBatch);
        const { logProbabilities } = await executable.run({
          ...parameters,
          ...packBatch(encoded, chosen).values,
        });
        chosen.forEach((row, position) => {
          const from = position * config.numLabels;
          const values = logProbabilities?.data.subarray(from, from + config.numLabels) ?? [];
          result.set(values, row * config.numLabels);
        });
      }
      return result;
    },
    release: () => executable.release(),
  };
}
