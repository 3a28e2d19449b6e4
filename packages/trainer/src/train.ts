import { confusionMatrix, logLoss, macroF1, matrixAccuracy } from "@counterweight/metrics";
import { epochBatches, largestBatchTokens } from "./batches.js";
import type { TrainingCheckpoint } from "./checkpoint/training-checkpoint.js";
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
export function train({ resume, ...request }: TrainRequest): AsyncGenerator<TrainingEvent, void> {
  return run(request, { resume });
}

/** What goes on from step to step besides the session. */
interface Progress {
  step: number;
  lossSum: number;
  readonly weights: Float32Array;
  readonly logProbability: Float32Array;
  best: { readonly epoch: number; readonly score: number } | undefined;
}

/** `given` is emptied once its content is copied: a checkpoint is larger than the model. */
async function* run(
  request: TrainRequest,
  given: { resume: TrainingCheckpoint | undefined },
): AsyncGenerator<TrainingEvent, void> {
  const { settings, config, runtime, train: rows } = request;
  checkRequest(request, given.resume);
  const maximumTokens = largestBatchTokens(rows.encoded, settings.batchSize);
  const session = await createTrainingSession(request, maximumTokens);
  try {
    const progress = begin(rows.labels.length, session, given.resume);
    given.resume = undefined;
    const predictor = await createPredictor(runtime, config, session.parameters, settings.threads);
    try {
      yield* epochs(request, session, predictor, progress);
    } finally {
      await predictor.release();
    }
  } finally {
    await session.release();
  }
}

/** The start, or where a checkpoint leaves off. */
function begin(
  rows: number,
  session: TrainingSession,
  resume: TrainingCheckpoint | undefined,
): Progress {
  if (resume === undefined) {
    const unseen = (): Float32Array => new Float32Array(rows).fill(Number.NaN);
    return { step: 0, lossSum: 0, weights: unseen(), logProbability: unseen(), best: undefined };
  }
  const { step, lossSum, weights, logProbability, optimizer, best } = resume;
  session.resume({ optimizer, best: best?.values ?? null });
  return {
    step,
    lossSum,
    weights: weights.slice(),
    logProbability: logProbability.slice(),
    best: best === null ? undefined : { epoch: best.epoch, score: best.score },
  };
}

async function* epochs(
  request: TrainRequest,
  session: TrainingSession,
  predictor: Predictor,
  progress: Progress,
): AsyncGenerator<TrainingEvent, void> {
  const { settings, config, checkpoint } = request;
  const { weights, logProbability } = progress;
  const rows = request.train.labels.length;
  const place = () => positionOf(progress.step, rows, settings);
  const { steps, epoch: ended } = place();
  const end = (reason: EndEvent["reason"], message = ""): EndEvent => {
    const { best } = progress;
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
    offered = progress.step;
    const state = checkpointOf(session, progress, place());
    return { type: "checkpoint", step: progress.step, epoch, state };
  };
  let offered = progress.step;
  const due = (): boolean =>
    checkpoint?.everySteps !== undefined && progress.step % checkpoint.everySteps === 0;

  for (let epoch = ended + 1; epoch <= settings.epochs; epoch++) {
    const { stepInEpoch } = place();
    for (const batch of epochBatches(rows, settings.batchSize, settings.seed, epoch, stepInEpoch)) {
      const { step } = progress;
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
      progress.step += 1;
      batch.forEach((row, position) => {
        weights[row] = result.weights[position] ?? Number.NaN;
        logProbability[row] = result.logProbability[position] ?? Number.NaN;
      });
      progress.lossSum += result.loss * batch.length;
      yield {
        type: "step",
        step: progress.step,
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
      if (due() && place().stepInEpoch !== 0) yield offer(epoch);
    }
    const { best } = progress;
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
      progress.best = { epoch, score };
      session.keepBest();
    }
    const trainLoss = progress.lossSum / rows;
    progress.lossSum = 0;
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
    if (checkpoint?.everyEpoch === true || due()) yield offer(epoch);
  }
  yield end("completed");
}

/** A checkpoint on the session's own memory. */
function checkpointOf(
  session: TrainingSession,
  { step, lossSum, weights, logProbability, best }: Progress,
  { epoch, stepInEpoch }: { readonly epoch: number; readonly stepInEpoch: number },
): TrainingCheckpoint {
  const { optimizer, best: kept } = session.state();
  // Right after the best epoch its values are those there are; then they are written once.
  const values =
    best?.epoch === epoch && stepInEpoch === 0
      ? optimizer.parameters.map(({ value }) => value)
      : (kept ?? []);
  return {
    step,
    lossSum,
    weights,
    logProbability,
    optimizer,
    best: best === undefined ? null : { ...best, values },
  };
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
