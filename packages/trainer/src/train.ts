import { CounterweightError } from "@counterweight/base";
import type { BertConfig, EncodedTexts } from "@counterweight/bert";
import type { Loss } from "@counterweight/losses";
import { confusionMatrix, logLoss, macroF1, matrixAccuracy } from "@counterweight/metrics";
import type { Runtime } from "@counterweight/runtime";
import { epochBatches, largestBatchTokens } from "./batches.js";
import type { EndEvent, TrainingEvent, ValidationScores } from "./events.js";
import { createPredictor, type Predictor } from "./predictor.js";
import { learningRateAt } from "./schedule.js";
import type { TrainingSettings } from "./settings.js";
import {
  createTrainingSession,
  type InitialParameters,
  type TrainingSession,
} from "./training-session.js";

/** Rows as the trainer sees them. */
export interface LabelledTexts {
  readonly encoded: EncodedTexts;
  /** Class of each row, `[rows]`. */
  readonly labels: Int32Array;
}

/** What a loss declares to need, natural logarithms, float32 `[rows]`, in the order of the rows. */
export interface LogScores {
  readonly quality?: Float32Array;
  readonly diversity?: Float32Array;
}

export interface TrainRequest {
  readonly runtime: Runtime;
  readonly config: BertConfig;
  readonly initial: InitialParameters;
  readonly train: LabelledTexts & { readonly logScores?: LogScores };
  readonly validation: LabelledTexts;
  readonly loss: Loss;
  /** The loss's exponent; 1 is the paper's. */
  readonly gamma: number;
  readonly settings: TrainingSettings;
  /** Stops after the step it is in. */
  readonly signal?: AbortSignal;
}

/**
 * Trains a classifier and reports everything as one stream, which ends with the model of the best
 * epoch. Equal requests give equal bits. A loss or gradient that is not finite ends the training
 * before it reaches a parameter: the model is then the best epoch's, or that of the last good step.
 * @throws CounterweightError `training` for missing rows or scores.
 */
export async function* train(request: TrainRequest): AsyncGenerator<TrainingEvent, void> {
  const { settings, config, runtime } = request;
  checkRequest(request);
  const rows = request.train.labels.length;
  const steps = settings.epochs * Math.ceil(rows / settings.batchSize);
  const maximumTokens = largestBatchTokens(request.train.encoded, settings.batchSize);
  const state = await createTrainingSession(request, maximumTokens);
  try {
    const predictor = await createPredictor(runtime, config, state.parameters, settings.threads);
    try {
      yield* epochs(request, state, predictor, steps);
    } finally {
      await predictor.release();
    }
  } finally {
    await state.release();
  }
}

async function* epochs(
  request: TrainRequest,
  state: TrainingSession,
  predictor: Predictor,
  steps: number,
): AsyncGenerator<TrainingEvent, void> {
  const { settings, config } = request;
  const rows = request.train.labels.length;
  const weights = new Float32Array(rows).fill(Number.NaN);
  let best: { readonly epoch: number; readonly score: number } | undefined;
  let step = 0;
  const end = (reason: EndEvent["reason"], message = ""): EndEvent => {
    if (best !== undefined) state.restoreBest();
    return {
      type: "end",
      reason,
      message,
      bestEpoch: best?.epoch ?? 0,
      model: { config, parameters: state.copyParameters() },
    };
  };
  for (let epoch = 1; epoch <= settings.epochs; epoch++) {
    let lossSum = 0;
    for (const batch of epochBatches(rows, settings.batchSize, settings.seed, epoch)) {
      if (request.signal?.aborted === true) {
        yield end("aborted", `stopped after step ${step} of ${steps}`);
        return;
      }
      const started = performance.now();
      const learningRate = learningRateAt(settings, step, steps);
      const result = await state.step(batch, step, learningRate);
      step += 1;
      if (!Number.isFinite(result.loss) || !Number.isFinite(result.gradientNorm)) {
        yield end("not-finite", notFinite(result, step, learningRate));
        return;
      }
      batch.forEach((row, position) => {
        weights[row] = result.weights[position] ?? Number.NaN;
      });
      lossSum += result.loss * batch.length;
      yield {
        type: "step",
        step,
        steps,
        epoch,
        loss: result.loss,
        learningRate,
        gradientNorm: result.gradientNorm,
        clipFactor: result.clipFactor,
        rows: batch.length,
        tokens: result.tokens,
        milliseconds: performance.now() - started,
      };
    }
    const validation = await validate(predictor, request);
    if (validation === undefined) {
      yield end(
        "not-finite",
        `log-probabilities of validation rows are not finite after epoch ${epoch}; ` +
          `${best === undefined ? "no epoch before it can be kept" : `epoch ${best.epoch} is kept`}. ${advice}`,
      );
      return;
    }
    const score = scoreOf(settings, validation, epoch);
    const isBest = best === undefined || score > best.score;
    if (isBest) {
      best = { epoch, score };
      state.keepBest();
    }
    yield {
      type: "epoch",
      epoch,
      epochs: settings.epochs,
      trainLoss: lossSum / rows,
      validation,
      isBest,
      weights: weights.slice(),
    };
  }
  yield end("completed");
}

/** The number that chooses the epoch; later epochs must be strictly better. */
function scoreOf(settings: TrainingSettings, scores: ValidationScores, epoch: number): number {
  if (settings.selectBy === "last") return epoch;
  return settings.selectBy === "macro-f1" ? scores.macroF1 : scores.accuracy;
}

/** Scores of the validation rows; undefined where the model's outputs are not finite. */
async function validate(
  predictor: Predictor,
  { validation, config }: TrainRequest,
): Promise<ValidationScores | undefined> {
  const logProbabilities = await predictor.predict(validation.encoded);
  if (!logProbabilities.every(Number.isFinite)) return undefined;
  const predictions = mostLikely(logProbabilities, config.numLabels);
  const matrix = confusionMatrix(validation.labels, predictions, config.numLabels);
  return {
    accuracy: matrixAccuracy(matrix),
    macroF1: macroF1(matrix),
    logLoss: logLoss(validation.labels, logProbabilities, config.numLabels),
  };
}

/** The class of the largest log-probability of each row, the first of equals, int32 `[rows]`. */
export function mostLikely(logProbabilities: ArrayLike<number>, classes: number): Int32Array {
  return Int32Array.from({ length: logProbabilities.length / classes }, (_, row) => {
    let top = 0;
    for (let label = 1; label < classes; label++) {
      const value = logProbabilities[row * classes + label] ?? Number.NEGATIVE_INFINITY;
      if (value > (logProbabilities[row * classes + top] ?? Number.NEGATIVE_INFINITY)) top = label;
    }
    return top;
  });
}

const advice = "Lower the learning rate, or look at the largest weights.";

function notFinite(
  { loss, gradientNorm }: { readonly loss: number; readonly gradientNorm: number },
  step: number,
  learningRate: number,
): string {
  return (
    `the loss is ${loss} and the gradient norm ${gradientNorm} at step ${step} ` +
    `(learning rate ${learningRate.toExponential(2)}); the last good state is kept. ${advice}`
  );
}

function checkRequest({ train, validation, loss, config }: TrainRequest): void {
  const fail = (what: string): never => {
    throw new CounterweightError("training", what, { where: loss.name });
  };
  const rows = train.labels.length;
  if (rows === 0) fail("there are no rows to train on.");
  if (validation.labels.length === 0) fail("there are no validation rows to score epochs with.");
  if (train.encoded.offsets.length !== rows + 1) fail("labels and texts differ in number.");
  // ONNX counts a label of -1 from the end: it would be learnt as the last class.
  const odd = train.labels.findIndex((label) => label < 0 || label >= config.numLabels);
  if (odd !== -1)
    fail(`label ${train.labels[odd]} of row ${odd} is not in 0..${config.numLabels - 1}.`);
  for (const name of loss.needs) {
    const column = train.logScores?.[name];
    if (column === undefined) fail(`the loss needs ${name} scores and has none.`);
    else if (column.length !== rows) fail(`${column.length} ${name} scores for ${rows} rows.`);
  }
}
