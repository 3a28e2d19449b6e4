import type { EncodedTexts } from "@counterweight/bert";
import type { TextTable } from "@counterweight/data";
import { lossByName } from "@counterweight/losses";
import type { Runtime } from "@counterweight/runtime";
import {
  predict,
  type TrainedModel,
  type TrainingEvent,
  type TrainRequest,
  train,
} from "@counterweight/trainer";
import { scoresOfLabels } from "./score.js";

/**
 * - `quality`: P'(y|x), trained on a little real data.
 * - `diversity`: Q'(y|x), trained on the generated data. The same training as the CE baseline, so a
 *   run that has that baseline has its diversity checker.
 */
export type CheckerRole = "quality" | "diversity";

/** What a checker is trained with: a training request whose loss is always cross-entropy. */
export type CheckerRequest = Omit<TrainRequest, "loss" | "gamma">;

/** Trains a checker: cross-entropy on the rows given (Kuo et al., ICLR 2025, section 3). */
export async function* trainChecker(request: CheckerRequest): AsyncGenerator<TrainingEvent, void> {
  yield* train({ ...request, loss: lossByName("ce"), gamma: 1 });
}

/** Scores every row of a table once with a frozen checker; see {@link scoresOfLabels}. */
export async function scoreRows(
  runtime: Runtime,
  checker: TrainedModel,
  role: CheckerRole,
  table: TextTable,
  encoded: EncodedTexts,
  threads: number,
): Promise<Float32Array> {
  const logProbabilities = await predict(runtime, checker, encoded, threads);
  return scoresOfLabels(logProbabilities, table, `the ${role} checker`);
}
