import { CounterweightError } from "@counterweight/base";
import type { Architecture } from "../architectures/architecture.js";
import { architectureOf } from "../architectures/registry.js";
import type { Pooling } from "../encoder/pooling.js";
import { type BertConfig, readConfig, withLabels } from "./config.js";
import { initialiseParameter } from "./initialise.js";
import type { LoadReport, ShapeMismatch } from "./load-report.js";
import { headParametersOf, parameterShapes } from "./parameter-shapes.js";
import type { ParameterTensor, SafetensorsFile } from "./read-safetensors.js";
import { readWeights } from "./read-weights.js";

/** A model as it came from a folder. */
export interface Checkpoint {
  readonly config: BertConfig;
  /** Every parameter of `parameterShapes(config)`, in that order. */
  readonly parameters: Map<string, ParameterTensor>;
  readonly report: LoadReport;
}

/** How to read a checkpoint. */
export interface LoadOptions {
  /** Classes of the head; default as in `config.json`. */
  readonly numLabels?: number;
  /** Names of the classes, `numLabels` of them. */
  readonly labelNames?: readonly string[];
  /** What the head reads; default as in `config.json`, else "cls". */
  readonly pooling?: Pooling;
  /** Seed of the parameters that the file lacks. */
  readonly seed: number;
}

/** The model's name for a tensor of a file: TensorFlow's layer norm names and a missing prefix are mended. */
function canonicalName(name: string, { prefix, parts }: Architecture): string {
  const modern = name
    .replace(/LayerNorm\.gamma$/, "LayerNorm.weight")
    .replace(/LayerNorm\.beta$/, "LayerNorm.bias");
  return parts.some((part) => modern.startsWith(`${part}.`)) ? `${prefix}.${modern}` : modern;
}

/**
 * Matches a file's tensors with the model's parameters. Names with and without the encoder's prefix
 * (`bert.`) are taken, and LayerNorm's old `gamma` and `beta`; integer `position_ids` buffers are passed over in silence;
 * other tensors, such as a masked-language-model head's, are reported as unexpected.
 * @param source for messages: the file.
 * @throws CounterweightError("model") when a shape other than the head's differs, or nothing fits.
 */
export function matchParameters(
  config: BertConfig,
  file: Pick<SafetensorsFile, "tensors" | "skipped">,
  { seed, source }: { readonly seed: number; readonly source: string },
): Omit<Checkpoint, "config"> {
  const architecture = architectureOf(config);
  const shapes = parameterShapes(config);
  const found = new Map<string, ParameterTensor>();
  const unexpected = file.skipped.filter((name) => !/(^|\.)position_ids$/.test(name));
  for (const [name, tensor] of file.tensors) {
    const target = canonicalName(name, architecture);
    if (!shapes.has(target)) unexpected.push(name);
    else if (found.has(target)) {
      throw new CounterweightError("model", `The file holds ${target} twice, once as ${name}.`, {
        where: source,
        fix: "Remove one of them.",
      });
    } else found.set(target, tensor);
  }

  const loaded: string[] = [];
  const missing: string[] = [];
  const mismatched: ShapeMismatch[] = [];
  const parameters = new Map<string, ParameterTensor>();
  for (const [name, shape] of shapes) {
    const tensor = found.get(name);
    const fits = tensor !== undefined && sameShape(tensor.shape, shape);
    if (tensor === undefined) missing.push(name);
    else if (fits) loaded.push(name);
    else mismatched.push({ name, inFile: tensor.shape, inModel: shape });
    parameters.set(name, fits ? tensor : initialiseParameter(config, name, seed));
  }
  const { title, prefix, className: model } = architecture;
  if (!loaded.some((name) => name.startsWith(`${prefix}.`))) {
    throw new CounterweightError("model", `None of the file's tensors is a ${title} encoder's.`, {
      where: source,
      fix: `Needed names such as "${prefix}.embeddings.word_embeddings.weight"; got ${
        [...file.tensors.keys()]
          .slice(0, 3)
          .map((name) => JSON.stringify(name))
          .join(", ") || "none"
      }.`,
    });
  }
  const heads = headParametersOf(config);
  const wrong = mismatched.filter(({ name }) => !heads.includes(name));
  if (wrong.length > 0) {
    const lines = wrong.map(
      ({ name, inFile, inModel }) =>
        `${name} is [${inFile.join(", ")}], needed [${inModel.join(", ")}]`,
    );
    throw new CounterweightError("model", `Shapes differ from config.json: ${lines.join("; ")}.`, {
      where: source,
      fix: "Put the config.json that belongs to these weights beside them.",
    });
  }
  return { parameters, report: { model, source, loaded, missing, unexpected, mismatched } };
}

function sameShape(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((size, index) => size === right[index]);
}

/**
 * Loads a Hugging Face folder: `config.json` and `model.safetensors`, whole or in shards. Parameters that the file
 * lacks (the head of a bare encoder, say) start from `seed`; `report` names them.
 * @throws CounterweightError("model") naming the file that is missing, damaged or does not fit.
 */
export async function loadCheckpoint(folder: string, options: LoadOptions): Promise<Checkpoint> {
  const own = await readConfig(folder);
  const { seed, labelNames: names } = options;
  const numLabels = options.numLabels ?? names?.length ?? own.numLabels;
  const labelled =
    numLabels === own.numLabels && names === undefined ? own : withLabels(own, numLabels, names);
  const config = { ...labelled, pooling: options.pooling ?? own.pooling };
  const weights = await readWeights(folder);
  return { config, ...matchParameters(config, weights, { seed, source: weights.source }) };
}
