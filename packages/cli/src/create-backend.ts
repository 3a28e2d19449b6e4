import { CounterweightError } from "@counterweight/base";
import type { TrainingBackend } from "@counterweight/experiments";

/** The backend that trains BERT classifiers; wired in here and nowhere else. */
export async function createBackend(): Promise<TrainingBackend> {
  throw new CounterweightError("internal", "no training backend is wired in");
}
