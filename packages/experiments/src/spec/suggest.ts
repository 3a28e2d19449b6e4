import { nearest } from "@counterweight/base";

/** What users of neighbouring tools type, and what the key is called here. */
const elsewhere: Readonly<Record<string, string>> = {
  lr: "learningRate",
  learning_rate: "learningRate",
  num_train_epochs: "epochs",
  num_epochs: "epochs",
  max_epochs: "epochs",
  per_device_train_batch_size: "batchSize",
  bs: "batchSize",
  max_seq_length: "maxLength",
  max_length: "maxLength",
  max_grad_norm: "clipNorm",
  gradient_clip_val: "clipNorm",
  lr_scheduler_type: "schedule",
  warmup_ratio: "warmupRatio",
  metric_for_best_model: "selectBy",
  optim: "optimizer",
  seed: "seeds",
  method: "methods",
  losses: "methods",
  datasets: "benchmarks",
  dataset: "benchmarks",
  model_name_or_path: "checkpoint",
};

/** The valid word most likely meant, by habit from other tools or by spelling. */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  const habit = Object.hasOwn(elsewhere, word) ? elsewhere[word] : undefined;
  if (habit !== undefined && candidates.includes(habit)) return habit;
  return nearest(word, candidates);
}

/** `Did you mean "epochs"?`, or the whole choice where nothing is near. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const near = suggest(word, candidates);
  if (near !== undefined) return `Did you mean "${near}"?`;
  return candidates.length === 0 ? "No key is known here." : `Known: ${candidates.join(", ")}.`;
}
