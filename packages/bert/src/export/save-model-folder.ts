import { randomBytes } from "node:crypto";
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { CounterweightError } from "@counterweight/base";
import { architectureOf } from "../architectures/registry.js";
import { type BertConfig, configToJson } from "../checkpoint/config.js";
import { isJsonObject, type JsonObject } from "../checkpoint/model-folder.js";
import type { ParameterTensor } from "../checkpoint/read-safetensors.js";
import { writeSafetensors } from "../checkpoint/write-safetensors.js";
import { MEAN_POOLING_CLASS, MEAN_POOLING_FILE, meanPoolingCode } from "./mean-pooling-code.js";
import {
  ownMaxLength,
  readTokenizerFiles,
  TOKENIZER_CONTENT,
  type TokenizerFiles,
  withMaxLength,
} from "./tokenizer-files.js";
import { writeOnnxFile } from "./write-onnx-file.js";

/** What to save. */
export interface ModelFolder {
  readonly config: BertConfig;
  /** Every parameter of the model, by Hugging Face name. */
  readonly parameters: ReadonlyMap<string, ParameterTensor>;
  /** The tokenizer: the folder of the checkpoint that the model started from, or its files. */
  readonly tokenizer: { readonly folder: string } | { readonly files: TokenizerFiles };
  /**
   * Most tokens a text had in training, special tokens included; written where every library cuts
   * by default. Default: the tokenizer's own, at most the positions that the model has.
   */
  readonly maxLength?: number;
  /** The model card, the whole `README.md`; `renderModelCard` makes one. */
  readonly card: string;
  /** Write `onnx/model.onnx`; default true. */
  readonly onnx?: boolean;
  /** Write `onnx/model_quantized.onnx`, about a quarter of the size; default as `onnx`. */
  readonly quantized?: boolean;
}

/** A file that was written, by its path in the folder. */
export interface SavedFile {
  readonly name: string;
  readonly bytes: number;
}

/** Key of `config.json` by which a folder is known as written here. */
const MARK = "counterweight_format";

/** Keys of the starting checkpoint's `config.json` that would be wrong in the saved one. */
const SOURCE_KEYS: ReadonlySet<string> = new Set([
  "_name_or_path",
  "transformers_version",
  "torch_dtype",
  "dtype",
  "num_labels",
  "auto_map",
]);

/**
 * Writes a classifier as a Hugging Face model folder, which Transformers (`AutoModelFor-
 * SequenceClassification`), `@huggingface/transformers` and ONNX Runtime load: `config.json`,
 * `model.safetensors`, the tokenizer's files, `README.md` and, as asked, `onnx/model.onnx` and
 * `onnx/model_quantized.onnx`. A model with mean pooling has Python code of its own beside, for
 * `trust_remote_code=True`. The folder appears whole or not at all: it is written beside its
 * place and renamed. One that stands there is replaced if it was written here and holds nothing
 * else, and is an error otherwise.
 * @returns what was written, in order of names.
 * @throws CounterweightError("model") for a folder that may not be replaced, class names that
 *   repeat, a `maxLength` beyond the model's positions, or a model too large for one ONNX file.
 */
export async function saveModelFolder(
  folder: string,
  model: ModelFolder,
): Promise<readonly SavedFile[]> {
  const { config, parameters, onnx = true, quantized = onnx } = model;
  const place = resolve(folder);
  const replaced = await refuseForeign(place);
  const files = new Map<string, string>([
    ["config.json", `${JSON.stringify(savedConfig(config), null, 2)}\n`],
    ...(await tokenizerFiles(model)),
    ["README.md", model.card],
  ]);
  if (config.pooling === "mean") {
    files.set(MEAN_POOLING_FILE, meanPoolingCode(config.architecture));
  }
  await mkdir(dirname(place), { recursive: true });
  const mark = randomBytes(6).toString("hex");
  const beside = (kind: string): string =>
    join(dirname(place), `.${basename(place)}.${mark}.${kind}`);
  const draft = beside("tmp");
  try {
    await mkdir(join(draft, "onnx"), { recursive: true });
    for (const [name, text] of files) await writeFile(join(draft, name), text, { flush: true });
    await writeSafetensors(
      join(draft, "model.safetensors"),
      parameters,
      new Map([["format", "pt"]]),
    );
    const onnxPath = (name: string): string => join(draft, "onnx", name);
    if (onnx) await writeOnnxFile(onnxPath("model.onnx"), config, parameters, "float32");
    if (quantized)
      await writeOnnxFile(onnxPath("model_quantized.onnx"), config, parameters, "int8");
    if (!onnx && !quantized) await rm(join(draft, "onnx"), { recursive: true });
    const saved = await listFiles(draft);
    if (replaced) await rename(place, beside("old"));
    await rename(draft, place);
    if (replaced) await rm(beside("old"), { recursive: true });
    return saved;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/** Whether something stands at `place` that may be replaced. */
async function refuseForeign(place: string): Promise<boolean> {
  let names: readonly string[];
  try {
    names = await readdir(place);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return false;
    throw new CounterweightError("model", "Cannot save a model here: not a readable folder.", {
      where: place,
      fix: "Choose another folder.",
      cause,
    });
  }
  if (names.length === 0) return true;
  if (!(await isMarked(place))) {
    throw new CounterweightError(
      "model",
      "The folder exists and was not written by Counterweight.",
      { where: place, fix: "Choose a new folder, or remove this one first." },
    );
  }
  const foreign = (await listFiles(place)).filter(({ name }) => !OWN_FILES.has(name));
  if (foreign.length > 0) {
    throw new CounterweightError(
      "model",
      `The saved model's folder holds other files too: ${foreign.map(({ name }) => name).join(", ")}.`,
      { where: place, fix: "Move them away, or choose another folder." },
    );
  }
  return true;
}

/** Tells Transformers which Python class computes a model with mean pooling. */
const autoMap = {
  AutoModelForSequenceClassification: `${MEAN_POOLING_FILE.replace(/\.py$/, "")}.${MEAN_POOLING_CLASS}`,
};

const OWN_FILES: ReadonlySet<string> = new Set([
  "config.json",
  "model.safetensors",
  "README.md",
  "onnx/model.onnx",
  "onnx/model_quantized.onnx",
  "tokenizer_config.json",
  MEAN_POOLING_FILE,
  ...TOKENIZER_CONTENT,
]);

async function isMarked(place: string): Promise<boolean> {
  try {
    const config: unknown = JSON.parse(await readFile(join(place, "config.json"), "utf8"));
    return isJsonObject(config) && config[MARK] !== undefined;
  } catch {
    // Without a readable config.json it is not a folder of ours.
    return false;
  }
}

/** Files below a folder, by path from it, in order of names. */
async function listFiles(folder: string): Promise<readonly SavedFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => !entry.isDirectory())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const { size } = await lstat(path);
        return { name: relative(folder, path).split(sep).join("/"), bytes: size };
      }),
  );
  return files.sort((left, right) => (left.name < right.name ? -1 : 1));
}

function savedConfig(config: BertConfig): JsonObject {
  const twice = config.id2label.find((name, index) => config.id2label.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new CounterweightError("model", `Two classes are named ${JSON.stringify(twice)}.`, {
      fix: "Give every class a name of its own: config.json keeps them by name too.",
    });
  }
  const kept = Object.entries(configToJson(config)).filter(([key]) => !SOURCE_KEYS.has(key));
  return {
    ...Object.fromEntries(kept),
    architectures: [architectureOf(config).className],
    problem_type: "single_label_classification",
    dtype: "float32",
    ...(config.pooling === "mean" ? { auto_map: autoMap } : {}),
    [MARK]: 1,
  };
}

async function tokenizerFiles({
  config,
  tokenizer,
  ...model
}: ModelFolder): Promise<TokenizerFiles> {
  const files = "files" in tokenizer ? tokenizer.files : await readTokenizerFiles(tokenizer.folder);
  const foreign = [...files.keys()].filter((name) => !OWN_FILES.has(name));
  if (foreign.length > 0) {
    throw new CounterweightError("internal", `not a tokenizer's files: ${foreign.join(", ")}.`);
  }
  const room = config.maxPositions - architectureOf(config).positionOffset(config);
  if (model.maxLength !== undefined && (model.maxLength < 1 || model.maxLength > room)) {
    throw new CounterweightError(
      "model",
      `maxLength: needed 1 to ${room}, the positions of the model, got ${model.maxLength}.`,
    );
  }
  return withMaxLength(files, model.maxLength ?? Math.min(room, ownMaxLength(files)));
}
