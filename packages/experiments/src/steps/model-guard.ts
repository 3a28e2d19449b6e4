import { CounterweightError } from "@counterweight/base";
import { modelDigest, tokenizerDigest } from "../run/prepare.js";
import type { ModelSpec } from "../spec/schema.js";

/**
 * Refuses a model whose files are not those that the step's key stands for. Asked before they are
 * read and again after, so that what was read was the same.
 * @param planned `modelDigest` of when the plan was made
 * @throws CounterweightError `model` where the files changed, or cannot be read.
 */
export async function modelUnchanged(model: ModelSpec, planned: string): Promise<void> {
  if ((await modelDigest(model)) !== planned) throw changed(model, "model's");
}

/**
 * The same for a tokenizer alone.
 * @param planned `tokenizerDigest` of when the plan was made
 */
export async function tokenizerUnchanged(
  model: ModelSpec,
  planned: string | undefined,
): Promise<void> {
  if ((await tokenizerDigest(model)) !== planned) throw changed(model, "tokenizer's");
}

function changed({ checkpoint, config }: ModelSpec, whose: string): CounterweightError {
  return new CounterweightError("model", `the ${whose} files changed since the plan was made.`, {
    where: checkpoint ?? config?.tokenizer ?? "model",
    fix: "Run the same command again: it plans with the files as they are now.",
  });
}
