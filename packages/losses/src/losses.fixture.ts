import {
  evaluate,
  gradients,
  input,
  logSoftmax,
  pick,
  program,
  reduceSum,
  scale,
  type Tensor,
  type TensorValue,
  tensorValue,
} from "@counterweight/graph";
import type { Loss } from "./loss.js";
import type { WeightTransform } from "./transforms.js";

/** A batch as a loss meets it: free logits `[rows][classes]`, labels and both checkers' scores. */
export interface LossBatch {
  readonly logits: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly quality: readonly number[];
  readonly diversity: readonly number[];
}

export interface Outcome {
  /** Per row. */
  readonly loss: readonly number[];
  readonly weight: readonly number[];
  /** `log p(y|x)` of the given label. */
  readonly logProbability: readonly number[];
  /** Batch mean. */
  readonly mean: number;
  /** Gradient of the batch mean in the logits, row-major. */
  readonly gradient: readonly number[];
}

/** Runs a loss on a batch in float64: mean over the rows, gradients through the graph. */
export function runLoss(
  loss: Loss,
  gamma: number,
  batch: LossBatch,
  transforms: readonly WeightTransform[] = [],
): Outcome {
  const rows = batch.logits.length;
  const classes = batch.logits[0]?.length ?? 0;
  const logits = input("logits", "float32", ["rows", classes]);
  const column = (name: string): Tensor => input(name, "float32", ["rows"]);
  const logProbability = pick(logSoftmax(logits), input("labels", "int32", ["rows"]));
  const needs = (name: "quality" | "diversity"): boolean => loss.needs.includes(name);
  const { loss: rowLoss, weight } = loss.rowLoss(
    {
      logProbability,
      ...(needs("quality") ? { logQuality: column("logQuality") } : {}),
      ...(needs("diversity") ? { logDiversity: column("logDiversity") } : {}),
    },
    { gamma, transforms },
  );
  const mean = scale(reduceSum(rowLoss, [0]), 1 / rows);
  const [gradient = mean] = gradients(mean, [logits]);
  const logs = (scores: readonly number[]): TensorValue =>
    tensorValue(Float64Array.from(scores, Math.log), [rows]);
  const results = evaluate(
    program("loss", { loss: rowLoss, weight, logProbability, mean, gradient }),
    {
      logits: tensorValue(Float64Array.from(batch.logits.flat()), [rows, classes]),
      labels: tensorValue(Int32Array.from(batch.labels), [rows]),
      logQuality: logs(batch.quality),
      logDiversity: logs(batch.diversity),
    },
  );
  const read = (name: string): number[] => [...(results[name]?.data ?? [])];
  return {
    loss: read("loss"),
    weight: read("weight"),
    logProbability: read("logProbability"),
    mean: read("mean")[0] ?? Number.NaN,
    gradient: read("gradient"),
  };
}

/** `softmax(logits)` of one row, by its definition. */
export function softmaxOf(logits: readonly number[]): number[] {
  const top = Math.max(...logits);
  const powers = logits.map((value) => Math.exp(value - top));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}
