import {
  type BertConfig,
  buildClassifier,
  type DropoutSite,
  wordEmbeddingNameOf,
} from "@counterweight/bert";
import {
  gradients,
  input,
  logSoftmax,
  multiply,
  type Program,
  pick,
  program,
  reduceSum,
  type Tensor,
} from "@counterweight/graph";
import type { Loss, LossSettings } from "@counterweight/losses";

/** Name of the output with the gradient of a parameter. */
export const gradientName = (parameter: string): string => `gradient:${parameter}`;

/** Output with the gradient of the looked-up word vectors, float32 `[tokens, width]`. */
export const wordVectorGradient = "gradient:word vectors";

/**
 * A training step as a pure program: (parameters, batch, masks, scores) to
 * (`loss` `[]`, `logProbability` `[rows]`, `weight` `[rows]`, gradients).
 */
export interface StepProgram {
  readonly program: Program;
  /** Parameters whose gradient is an output of the same shape; all but the word embedding. */
  readonly denseParameters: readonly string[];
  readonly dropoutSites: readonly DropoutSite[];
}

/** Forward, loss and backward of one batch as one program. */
export function buildStepProgram(
  config: BertConfig,
  loss: Loss,
  settings: LossSettings,
): StepProgram {
  const classifier = buildClassifier(config, { training: true });
  const labels = input("labels", "int32", ["rows"]);
  const rowShares = input("rowShares", "float32", ["rows"]);
  const logProbability = pick(logSoftmax(classifier.logits), labels);
  const rows = loss.rowLoss(
    {
      logProbability,
      ...(loss.needs.includes("quality")
        ? { logQuality: input("logQuality", "float32", ["rows"]) }
        : {}),
      ...(loss.needs.includes("diversity")
        ? { logDiversity: input("logDiversity", "float32", ["rows"]) }
        : {}),
    },
    settings,
  );
  const total = reduceSum(multiply(rows.loss, rowShares), [0]);

  const wordEmbedding = wordEmbeddingNameOf(config);
  const dense = [...classifier.parameters].filter(([name]) => name !== wordEmbedding);
  const found = gradients(total, [...dense.map(([, tensor]) => tensor), classifier.wordVectors]);
  const outputs: Record<string, Tensor> = { loss: total, logProbability, weight: rows.weight };
  [...dense.map(([name]) => gradientName(name)), wordVectorGradient].forEach((name, index) => {
    const gradient = found[index];
    if (gradient !== undefined) outputs[name] = gradient;
  });
  return {
    program: program(`train ${loss.name}`, outputs),
    denseParameters: dense.map(([name]) => name),
    dropoutSites: classifier.dropoutSites,
  };
}

/** Prediction without dropout: (parameters, batch) to `logProbabilities` `[rows, classes]`. */
export function buildPredictionProgram(config: BertConfig): Program {
  const { logits } = buildClassifier(config);
  return program("predict", { logProbabilities: logSoftmax(logits) });
}
