import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { writeRefusal } from "@counterweight/base";
import {
  loadCheckpoint,
  type ModelFolder,
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
 * @throws CounterweightError `usage` where the disk is full or refuses.
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
  await save(folder, {
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

/**
 * Makes a kept model one for others: with its card, `onnx/model.onnx` and the quantised one.
 * @throws CounterweightError `usage` where the disk is full or refuses.
 */
export async function exportModel(from: string, to: string, card: string): Promise<void> {
  const { config, parameters } = await loadCheckpoint(from, { seed: 0 });
  await save(to, {
    config,
    parameters,
    tokenizer: { files: await readTokenizerFiles(from) },
    card,
  });
}

/** A refused write as an error for people. */
async function save(folder: string, model: ModelFolder): Promise<void> {
  try {
    await mkdir(dirname(folder), { recursive: true });
    await saveModelFolder(folder, model);
  } catch (error) {
    throw writeRefusal(error, folder);
  }
}
