import { CounterweightError } from "@counterweight/base";
import type { Benchmark, TextTable } from "@counterweight/data";
import type { TrainRecipe } from "../plan/recipes.js";
import type { TrainingResult } from "../steps/training-result.js";
import {
  type CheckpointSettings,
  type EndEvent,
  type EpochEvent,
  type EpochRecord,
  type LoggedEvent,
  plainEvent,
  type ScoreColumns,
  type TokenisedRows,
  type TrainingBackend,
} from "./backend.js";
import { closeEarly } from "./close-early.js";
import { epochHealth, guardAdvice, guardStop, healthProblems } from "./weight-guard.js";
import { isWeighted } from "./weights.js";

/** What one training needs: its recipe, and the rows and scores that it means. */
export interface TrainOneInputs {
  readonly recipe: TrainRecipe;
  readonly benchmark: Benchmark;
  readonly rows: TextTable;
  readonly validation: TextTable;
  readonly scores: ScoreColumns;
  /** Tokens of tables, where they were made apart. */
  readonly tokens: ReadonlyMap<TextTable, TokenisedRows>;
  readonly backend: TrainingBackend;
  /** Milliseconds of a steady clock. */
  readonly clock: () => number;
  readonly signal?: AbortSignal;
  readonly checkpoints?: CheckpointSettings;
  /** Folder to save the trained model in; absent: it is not kept. */
  readonly saveTo?: string;
}

/** Says how healthy an epoch's weights were, and fails the training where the spec says so. */
function* watchWeights(
  { epoch, weights }: EpochEvent,
  { loss, guard }: TrainRecipe,
  rows: TextTable,
): Generator<LoggedEvent> {
  if (weights === undefined || !isWeighted(loss) || guard.action === "off") return;
  const health = epochHealth(weights, rows);
  const problems = healthProblems(health, guard, rows.labelNames);
  const { effectiveShare = 0, largestShare = 0, massOnTopTenth = 0 } = health ?? {};
  yield { type: "weights", epoch, effectiveShare, largestShare, massOnTopTenth, problems };
  if (guard.action === "stop" && problems.length > 0) {
    const what = guardStop(problems, ` after epoch ${epoch}`);
    throw new CounterweightError("training", what, { fix: guardAdvice });
  }
}

/**
 * Trains once, passing every event on, then asks the best state for the log-probabilities that the
 * plan wants, and frees the model. Returns what the store keeps; undefined where the signal stopped
 * it. Stopping to read stops the training.
 * @throws CounterweightError `training` where the trainer ended for another reason than `completed`.
 */
export async function* trainOne({
  recipe,
  benchmark,
  rows,
  validation,
  scores,
  tokens,
  backend,
  clock,
  signal,
  checkpoints,
  saveTo,
}: TrainOneInputs): AsyncGenerator<LoggedEvent, Omit<TrainingResult, "key" | "label"> | undefined> {
  const start = clock();
  const stream = backend.train({
    model: recipe.model,
    benchmark,
    train: rows,
    validation,
    loss: recipe.loss,
    gamma: recipe.gamma,
    transforms: recipe.transforms,
    scores,
    tokens,
    settings: recipe.settings,
    seed: recipe.seed,
    ...(signal === undefined ? {} : { signal }),
    ...(checkpoints === undefined ? {} : { checkpoints }),
  });
  const loss: number[] = [];
  const learningRate: number[] = [];
  const epochs: EpochRecord[] = [];
  const rowHistory = { weights: [] as Float32Array[], logProbabilities: [] as Float32Array[] };
  const addEpoch = (event: EpochEvent): void => {
    const { type: _, weights, logProbability, ...epoch } = event;
    epochs.push(epoch);
    if (weights !== undefined) rowHistory.weights.push(weights);
    if (logProbability !== undefined) rowHistory.logProbabilities.push(logProbability);
  };
  let end: EndEvent = { type: "end", bestEpoch: 0, reason: "it ended without saying why" };
  try {
    let next = await stream.next();
    while (next.done !== true) {
      const event = next.value;
      if (event.type === "step") {
        loss.push(event.loss);
        learningRate.push(event.learningRate);
      } else if (event.type === "epoch") {
        addEpoch(event);
      } else if (event.type === "resumed") {
        for (const value of event.past.loss) loss.push(value);
        for (const value of event.past.learningRate) learningRate.push(value);
        event.past.epochs.forEach(addEpoch);
      } else if (event.type === "end") {
        end = event;
      }
      yield plainEvent(event);
      if (event.type === "epoch") yield* watchWeights(event, recipe, rows);
      // Epochs before a kill were only warned of, perhaps, under the spec as it was then.
      if (event.type === "resumed" && recipe.guard.action === "stop") {
        for (const epoch of event.past.epochs) yield* watchWeights(epoch, recipe, rows);
      }
      next = await stream.next();
    }
    const outcome = next.value;
    try {
      if (end.reason === "aborted") return undefined;
      if (end.reason !== "completed") {
        // No place: whoever reports it knows the training. The trainer's message has its own advice.
        throw new CounterweightError("training", `stopped early: ${end.message ?? end.reason}`);
      }
      const seconds = (clock() - start) / 1000;
      const logProbabilities: Record<string, Float32Array> = {};
      for (const role of recipe.predicts) {
        const asked = clock();
        const table = role === "validation" ? validation : benchmark[role];
        logProbabilities[role] = await outcome.predict(table);
        yield { type: "phase", phase: "predict", role, milliseconds: clock() - asked };
      }
      if (saveTo !== undefined) await outcome.save?.(saveTo);
      const steps = { loss, learningRate };
      const { bestEpoch } = end;
      return { seconds, bestEpoch, epochs, steps, logProbabilities, rowHistory };
    } finally {
      await outcome.dispose();
    }
  } finally {
    // Where the reader left early the trainer must not be left in the middle of a step.
    await closeEarly(stream);
  }
}
