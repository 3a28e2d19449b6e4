import { CounterweightError } from "@counterweight/base";
import { multiply, negate, scale, stopGradient, type Tensor } from "@counterweight/graph";
import type { LossInputs, LossSettings, RowLoss, ScoreName } from "./loss.js";
import { transformWeights } from "./transforms.js";

/**
 * `-w log p` with `w = exp(gamma * logRatio)`, transformed as the settings say; no gradient flows
 * through w.
 */
export function weighted(
  logProbability: Tensor,
  logRatio: Tensor,
  { gamma, transforms = [] }: LossSettings,
): RowLoss {
  const weight = stopGradient(transformWeights(scale(logRatio, gamma), transforms));
  return { loss: multiply(weight, negate(logProbability)), weight };
}

/** A score column that the loss declared; `internal` when the trainer did not give it. */
export function score(inputs: LossInputs, name: ScoreName): Tensor {
  const column = name === "quality" ? inputs.logQuality : inputs.logDiversity;
  if (column === undefined) {
    throw new CounterweightError("internal", `the loss was not given its ${name} scores.`);
  }
  return column;
}
