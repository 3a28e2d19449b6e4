import { open } from "node:fs/promises";
import { CounterweightError } from "@counterweight/base";
import type { BertConfig } from "../checkpoint/config.js";
import type { ParameterTensor } from "../checkpoint/read-safetensors.js";
import { classifierModel } from "./classifier-model.js";
import type { Precision } from "./dense-layers.js";

/** Protocol buffers' readers take messages below 2^31 bytes. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * Writes a classifier as one ONNX file (see {@link classifierModel} for its inputs and output), one
 * tensor in memory at a time.
 * @returns the file's size in bytes.
 * @throws CounterweightError("model") for models of 2 GiB and more, which ONNX keeps in several files.
 */
export async function writeOnnxFile(
  path: string,
  config: BertConfig,
  parameters: ReadonlyMap<string, ParameterTensor>,
  precision: Precision,
): Promise<number> {
  const message = classifierModel(config, parameters, precision);
  if (message.byteLength > MOST_BYTES) {
    throw new CounterweightError(
      "model",
      `As ONNX (${precision}) the model takes ${message.byteLength} bytes; one file holds less than 2 GiB.`,
      { where: path, fix: "Save it without ONNX, and export it with Hugging Face's optimum." },
    );
  }
  const file = await open(path, "wx");
  try {
    for (const stretch of message.stretches()) await file.writeFile(stretch);
    await file.sync();
  } finally {
    await file.close();
  }
  return message.byteLength;
}
