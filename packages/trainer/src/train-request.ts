import { CounterweightError } from "@counterweight/base";
import type { BertConfig, EncodedTexts } from "@counterweight/bert";
import type { Loss, WeightTransform } from "@counterweight/losses";
import type { Runtime } from "@counterweight/runtime";
import type { CheckpointPlan, TrainingCheckpoint } from "./checkpoint/training-checkpoint.js";
import type { TrainingSettings } from "./settings.js";

/** Starting values by Hugging Face name. */
export type InitialParameters = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly values: Float32Array }
>;

/** Rows as the trainer sees them. */
export interface LabelledTexts {
  readonly encoded: EncodedTexts;
  /** Class of each row, `[rows]`. */
  readonly labels: Int32Array;
}

/** Rows to train on. */
export interface TrainingRows extends LabelledTexts {
  /** What the loss needs. */
  readonly logScores?: LogScores;
  /**
   * The user's own weights, finite and above 0, `[rows]`: the loss of a batch of B rows is
   * `sum(w_i l_i) / B`. Absent: every row counts 1. Leave a row of weight 0 out instead.
   */
  readonly rowWeights?: Float32Array;
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
  readonly train: TrainingRows;
  readonly validation: LabelledTexts;
  readonly loss: Loss;
  /** The loss's exponent; 1 is the paper's. */
  readonly gamma: number;
  /** Applied in this order to the weights of a loss that weights rows by checkers. */
  readonly transforms?: readonly WeightTransform[];
  readonly settings: TrainingSettings;
  /**
   * Stops after the step it is in; where checkpoints are asked for, one more comes before the end.
   */
  readonly signal?: AbortSignal;
  /** When the stream offers checkpoints; absent: never. */
  readonly checkpoint?: CheckpointPlan;
  /**
   * A checkpoint of a training with an equal request: events from there on, and the model, are those
   * of the training that was not interrupted, bit for bit (times aside). Its content is copied
   * before the first event and then let go of; do so too, as it is up to four times the model.
   */
  readonly resume?: TrainingCheckpoint;
}

/** Throws `training` for rows, scores, weights or a checkpoint that do not fit together. */
export function checkRequest(
  { train, validation, loss, config, settings, checkpoint }: TrainRequest,
  resume: TrainingCheckpoint | undefined,
): void {
  const fail: Fail = (what, fix) => {
    throw new CounterweightError("training", what, {
      where: loss.name,
      ...(fix === undefined ? {} : { fix }),
    });
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
  checkRowWeights(train.rowWeights, rows, fail);
  const every = checkpoint?.everySteps;
  if (every !== undefined && !(Number.isSafeInteger(every) && every > 0)) {
    fail(`a checkpoint every ${every} steps.`, "Give a whole number above 0.");
  }
  if (resume !== undefined) checkResume(resume, rows, settings, fail);
}

type Fail = (what: string, fix?: string) => void;

function checkRowWeights(weights: Float32Array | undefined, rows: number, fail: Fail): void {
  if (weights === undefined) return;
  if (weights.length !== rows) fail(`${weights.length} row weights for ${rows} rows.`);
  const odd = weights.findIndex((weight) => !(weight > 0 && Number.isFinite(weight)));
  if (odd === -1) return;
  const what = `the row weight of row ${odd} is ${weights[odd]}; it must be finite and above 0.`;
  if (weights[odd] === 0) fail(what, "Leave rows of weight 0 out.");
  else fail(what);
}

/** Only what a caller could mix up; that a checkpoint is of an equal request, its key says. */
function checkResume(
  resume: TrainingCheckpoint,
  rows: number,
  settings: TrainingSettings,
  fail: Fail,
): void {
  const { epoch: ended, steps } = positionOf(resume.step, rows, settings);
  const fix = "Continue with the rows and settings that wrote it, or start anew.";
  if (!Number.isSafeInteger(resume.step) || resume.step < 0 || resume.step > steps) {
    fail(`the checkpoint is at step ${resume.step} of ${steps}.`, fix);
  }
  if (resume.weights.length !== rows || resume.logProbability.length !== rows) {
    fail(`the checkpoint is of ${resume.weights.length} rows, the training of ${rows}.`, fix);
  }
  const best = resume.best?.epoch ?? 0;
  if (best > ended || (best === 0) !== (ended === 0)) {
    fail(`after ${ended} epochs the checkpoint's best epoch is ${best}.`, fix);
  }
}

/** Where a number of steps lies: whole epochs done, steps into the next, and steps in all. */
export function positionOf(
  step: number,
  rows: number,
  { batchSize, epochs }: TrainingSettings,
): { readonly epoch: number; readonly stepInEpoch: number; readonly steps: number } {
  const perEpoch = Math.ceil(rows / batchSize);
  return {
    epoch: Math.floor(step / perEpoch),
    stepInEpoch: step % perEpoch,
    steps: epochs * perEpoch,
  };
}
