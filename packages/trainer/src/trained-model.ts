import type { BertConfig, EncodedTexts } from "@counterweight/bert";
import type { TensorValue } from "@counterweight/graph";
import type { Runtime } from "@counterweight/runtime";
import { createPredictor } from "./predictor.js";

/** A classifier after training: its configuration and its parameters by Hugging Face name. */
export interface TrainedModel {
  readonly config: BertConfig;
  readonly parameters: Readonly<Record<string, TensorValue>>;
}

/** Natural-log probabilities of a trained model, float32, row-major `[rows, classes]`. */
export async function predict(
  runtime: Runtime,
  model: TrainedModel,
  encoded: EncodedTexts,
  threads: number,
): Promise<Float32Array> {
  const predictor = await createPredictor(runtime, model.config, model.parameters, threads);
  try {
    return await predictor.predict(encoded);
  } finally {
    await predictor.release();
  }
}
