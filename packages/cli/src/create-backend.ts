import type { TrainingBackend } from "@counterweight/experiments";

/** The backend that trains BERT classifiers; wired in here and nowhere else. */
export async function createBackend(): Promise<TrainingBackend> {
  const { bertBackend } = await import("@counterweight/experiments");
  return bertBackend();
}
