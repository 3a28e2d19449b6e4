import { CounterweightError } from "@counterweight/base";
import type { ModelSpec } from "../spec/schema.js";
import type { TrainingResult } from "../store.js";
import {
  type EndEvent,
  type EpochRecord,
  plainEvent,
  type ScoreColumns,
  type TrainingBackend,
  type TrainingEvent,
} from "./backend.js";
import { closeEarly } from "./close-early.js";
import type { Training } from "./plan.js";
import type { PreparedBenchmark } from "./prepare.js";

/** What one training needs beside its plan. */
export interface TrainOneInputs {
  readonly training: Training;
  readonly prepared: PreparedBenchmark;
  readonly model: ModelSpec;
  readonly scores: ScoreColumns;
  readonly backend: TrainingBackend;
  /** Milliseconds of a steady clock. */
  readonly clock: () => number;
}

/**
 * Trains once, passing every event on, then asks the best state for the log-probabilities that the
 * plan wants, and frees the model. Returns what the store keeps. Stopping to read stops the training.
 * @throws CounterweightError `training` where the trainer ended for another reason than `completed`.
 */
export async function* trainOne({
  training,
  prepared,
  model,
  scores,
  backend,
  clock,
}: TrainOneInputs): AsyncGenerator<TrainingEvent, TrainingResult> {
  const { benchmark } = prepared;
  const start = clock();
  const stream = backend.train({
    model,
    benchmark,
    train: training.rows,
    validation: benchmark.validation,
    loss: training.loss,
    gamma: training.gamma,
    scores,
    settings: training.settings,
    seed: training.seed,
  });
  const loss: number[] = [];
  const learningRate: number[] = [];
  const epochs: EpochRecord[] = [];
  const rowHistory = { weights: [] as Float32Array[], logProbabilities: [] as Float32Array[] };
  let end: EndEvent = { type: "end", bestEpoch: 0, reason: "it ended without saying why" };
  try {
    let next = await stream.next();
    while (next.done !== true) {
      const event = plainEvent(next.value);
      if (event.type === "step") {
        loss.push(event.loss);
        learningRate.push(event.learningRate);
      } else if (next.value.type === "epoch" && event.type === "epoch") {
        const { type: _, ...epoch } = event;
        epochs.push(epoch);
        if (next.value.weights !== undefined) rowHistory.weights.push(next.value.weights);
        if (next.value.logProbability !== undefined) {
          rowHistory.logProbabilities.push(next.value.logProbability);
        }
      } else if (event.type === "end") {
        end = event;
      }
      yield event;
      next = await stream.next();
    }
    const outcome = next.value;
    try {
      if (end.reason !== "completed") {
        // No place: whoever reports it knows the training. The trainer's message has its own advice.
        throw new CounterweightError("training", `stopped early: ${end.message ?? end.reason}`);
      }
      const seconds = (clock() - start) / 1000;
      const logProbabilities: Record<string, Float32Array> = {};
      for (const role of training.predicts) {
        const asked = clock();
        logProbabilities[role] = await outcome.predict(benchmark[role]);
        yield { type: "phase", phase: "predict", role, milliseconds: clock() - asked };
      }
      const { key, making, label } = training;
      const steps = { loss, learningRate };
      const { bestEpoch } = end;
      return {
        ...{ key, making, label, seconds, bestEpoch, epochs, steps, logProbabilities },
        rowHistory,
      };
    } finally {
      await outcome.dispose();
    }
  } finally {
    // Where the reader left early the trainer must not be left in the middle of a step.
    await closeEarly(stream);
  }
}
