import { confusionMatrix, logLoss, macroF1, matrixAccuracy } from "@counterweight/metrics";
import { epochBatches, largestBatchTokens } from "./batches.js";
import type { CheckpointEvent, EndEvent, TrainingEvent, ValidationScores } from "./events.js";
import { createPredictor, type Predictor } from "./predictor.js";
import { learningRateAt } from "./schedule.js";
import type { TrainingSettings } from "./settings.js";
import { checkRequest, positionOf, type TrainRequest } from "./train-request.js";
import { createTrainingSession, type TrainingSession } from "./training-session.js";

/**
 * Trains a classifier and reports everything as one stream, which ends with the model of the best
 * epoch. Equal requests give equal bits, also where one is taken up from a checkpoint. A loss or
 * gradient that is not finite ends the training before it reaches a parameter: the model is then the
 * best epoch's, or that of the last good step. Per training row it keeps 8 bytes, and 4 more for the
 * order of the epoch.
 * @throws CounterweightError `training` for rows, scores, weights or a checkpoint that do not fit
 * together, `model` for a checkpoint of another model.
 */
export async function* train(request: TrainRequest): AsyncGenerator<TrainingEvent, void> {
  const { settings, config, runtime } = request;
  checkRequest(request);
  const maximumTokens = largestBatchTokens(request.train.encoded, settings.batchSize);
  const session = await createTrainingSession(request, maximumTokens);
  try {
    const { resume } = request;
    if (resume !== undefined) {
      session.resume({ optimizer: resume.optimizer, best: resume.best?.values ?? null });
    }
    const predictor = await createPredictor(runtime, config, session.parameters, settings.threads);
    try {
      yield* epochs(request, session, predictor);
    } finally {
      await predictor.release();
    }
  } finally {
    await session.release();
  }
}

async function* epochs(
  request: TrainRequest,
  session: TrainingSession,
  predictor: Predictor,
): AsyncGenerator<TrainingEvent, void> {
  const { settings, config, resume, checkpoint } = request;
  const rows = request.train.labels.length;
  const start = positionOf(resume?.step ?? 0, rows, settings);
  const { steps } = start;
  const unseen = (): Float32Array => new Float32Array(rows).fill(Number.NaN);
  const weights = resume?.weights.slice() ?? unseen();
  const logProbability = resume?.logProbability.slice() ?? unseen();
  let best: { readonly epoch: number; readonly score: number } | undefined =
    resume?.best ?? undefined;
  let step = resume?.step ?? 0;
  let lossSum = resume?.lossSum ?? 0;
  const end = (reason: EndEvent["reason"], message = ""): EndEvent => {
    if (best !== undefined) session.restoreBest();
    return {
      type: "end",
      reason,
      message,
      bestEpoch: best?.epoch ?? 0,
      model: { config, parameters: session.copyParameters() },
    };
  };
  const offer = (epoch: number): CheckpointEvent => {
    const { optimizer, best: values } = session.state();
    const kept = best === undefined || values === null ? null : { ...best, values };
    const state = { step, lossSum, weights, logProbability, optimizer, best: kept };
    return { type: "checkpoint", step, epoch, state };
  };
  const due = (): boolean =>
    checkpoint?.everySteps !== undefined && step % checkpoint.everySteps === 0;
  let offered = step;

  for (let epoch = start.epoch + 1; epoch <= settings.epochs; epoch++) {
    const first = positionOf(step, rows, settings).stepInEpoch;
    for (const batch of epochBatches(rows, settings.batchSize, settings.seed, epoch, first)) {
      if (request.signal?.aborted === true) {
        if (checkpoint !== undefined && offered !== step) yield offer(epoch);
        yield end("aborted", `stopped after step ${step} of ${steps}`);
        return;
      }
      const started = performance.now();
      const learningRate = learningRateAt(settings, step, steps);
      const result = await session.step(batch, step, learningRate);
      if (!Number.isFinite(result.loss) || !Number.isFinite(result.gradientNorm)) {
        yield end("not-finite", notFinite(result, step + 1, learningRate));
        return;
      }
      step += 1;
      batch.forEach((row, position) => {
        weights[row] = result.weights[position] ?? Number.NaN;
        logProbability[row] = result.logProbability[position] ?? Number.NaN;
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
      // A step that ends an epoch is offered after its validation, so that no epoch ends twice.
      if (due() && positionOf(step, rows, settings).stepInEpoch !== 0) {
        offered = step;
        yield offer(epoch);
      }
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
      session.keepBest();
    }
    const trainLoss = lossSum / rows;
    lossSum = 0;
    yield {
      type: "epoch",
      epoch,
      epochs: settings.epochs,
      trainLoss,
      validation,
      isBest,
      weights: weights.slice(),
      logProbability: logProbability.slice(),
    };
    if (checkpoint?.everyEpoch === true || due()) {
      offered = step;
      yield offer(epoch);
    }
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
