import { CounterweightError } from "@counterweight/base";
import {
  type BertConfig,
  initialiseParameters,
  loadCheckpoint,
  maxTokens,
  parameterCount,
  randomConfig,
  type Tokenizer,
  withLabels,
} from "@counterweight/bert";
import { type Benchmark, roles } from "@counterweight/data";
import type { InitialParameters } from "@counterweight/trainer";
import type { ModelSpec, TrainSettings } from "../spec/schema.js";

/** A model before its first step. */
export interface StartingModel {
  readonly config: BertConfig;
  readonly initial: InitialParameters;
}

/** Every word of every role, sorted: the vocabulary of a model without pretrained weights. */
export function wordsOf(benchmark: Benchmark): string[] {
  const words = new Set<string>();
  for (const role of roles) {
    const { text, textPair = [] } = benchmark[role];
    for (const line of [...text, ...textPair]) {
      for (const word of line.toLowerCase().match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? [])
        words.add(word);
    }
  }
  return [...words].sort();
}

/**
 * The model that a training starts from: a checkpoint's weights with a new head from `seed`, or all
 * weights from `seed`.
 * @throws CounterweightError `model`.
 */
export async function startModel(
  model: ModelSpec,
  benchmark: Benchmark,
  tokenizer: Tokenizer,
  settings: TrainSettings,
  seed: number,
): Promise<StartingModel> {
  const { labelNames } = benchmark;
  const { pooling } = model;
  if (model.checkpoint !== undefined) {
    const { config, parameters } = await loadCheckpoint(model.checkpoint, { labelNames, seed });
    checkLength(settings.maxLength, maxTokens(config), model.checkpoint);
    const pooled = pooling === undefined ? config : { ...config, pooling };
    return { config: withDropout(pooled, settings.dropout), initial: parameters };
  }
  const unnamed = configOf(model, tokenizer.vocabularySize);
  const config = withLabels(unnamed, labelNames.length, labelNames);
  checkLength(settings.maxLength, maxTokens(config), "model.config");
  checkSize(config);
  return {
    config: withDropout(config, settings.dropout),
    initial: initialiseParameters(config, seed),
  };
}

/**
 * The least that a model of random weights asks for, before any words are known.
 * @throws CounterweightError `model` for sizes that no memory holds.
 */
export const checkSizes = (model: ModelSpec): void => checkSize(configOf(model, 1));

function configOf({ config, pooling }: ModelSpec, vocabularySize: number): BertConfig {
  const { tokenizer: _, ...sizes } = config ?? {};
  return randomConfig({
    ...sizes,
    ...(pooling === undefined ? {} : { pooling }),
    vocabularySize,
  });
}

/** @throws CounterweightError `model` for rows longer than the model takes. */
export function checkLength(maxLength: number, positions: number, where: string): void {
  if (maxLength <= positions) return;
  throw new CounterweightError(
    "model",
    `maxLength is ${maxLength}, but the model has ${positions} positions.`,
    { where, fix: `Set maxLength to ${positions} or less, in train and checker.` },
  );
}

/** Three times BERT-large. Training holds a parameter, its gradient and two moments: 16 GB. */
const mostParameters = 1e9;

function checkSize(config: BertConfig): void {
  const parameters = parameterCount(config);
  if (parameters <= mostParameters) return;
  throw new CounterweightError(
    "model",
    `the model would have ${parameters.toExponential(1)} parameters; ${mostParameters.toExponential(0)} are the most.`,
    { where: "model.config", fix: "Choose smaller sizes." },
  );
}

/** The spec's dropout everywhere, or the model's own where the spec says null. */
function withDropout(config: BertConfig, rate: number | null): BertConfig {
  if (rate === null) return config;
  return { ...config, hiddenDropout: rate, attentionDropout: rate, classifierDropout: rate };
}
