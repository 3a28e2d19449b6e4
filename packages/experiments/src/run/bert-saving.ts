import { mkdir } from "node:fs/promises";
import {
  loadCheckpoint,
  type ParameterTensor,
  readTokenizerFiles,
  saveModelFolder,
  wordPieceTokenizerFiles,
} from "@counterweight/bert";
import type { TrainedModel } from "@counterweight/trainer";

/** Where a model's tokenizer comes from, and how it was used. */
interface TokenizerSource {
  /** Folder with its files; undefined for a vocabulary of words. */
  readonly checkpoint: string | undefined;
  readonly words: () => readonly string[];
  /** Tokens that a text was cut to. */
  readonly maxLength: number;
}

/**
 * Keeps a trained model as a Hugging Face folder without ONNX files and with an empty card: what the
 * store holds until results are written.
 */
export async function keepModel(
  folder: string,
  { config, parameters }: TrainedModel,
  { checkpoint, words, maxLength }: TokenizerSource,
): Promise<void> {
  const tensors = Object.entries(parameters).map(
    ([name, { shape, data }]): [string, ParameterTensor] => [
      name,
      { shape: shape.map(Number), values: Float32Array.from(data) },
    ],
  );
  await mkdir(folder, { recursive: true });
  await saveModelFolder(folder, {
    config,
    parameters: new Map(tensors),
    tokenizer:
      checkpoint === undefined
        ? { files: wordPieceTokenizerFiles(words()) }
        : { folder: checkpoint },
    maxLength,
    card: "",
    onnx: false,
  });
}

/** Makes a kept model one for others: with its card, `onnx/model.onnx` and the quantised one. */
export async function exportModel(from: string, to: string, card: string): Promise<void> {
  const { config, parameters } = await loadCheckpoint(from, { seed: 0 });
  await saveModelFolder(to, {
    config,
    parameters,
    tokenizer: { files: await readTokenizerFiles(from) },
    card,
  });
}
