import { at } from "@counterweight/base";
import type { TextTable } from "@counterweight/data";
import { type WeightHealth, weightHealth } from "@counterweight/metrics";
import type { Spec } from "../spec/schema.js";

/** Limits of weight health, as a spec gives them. */
export type WeightGuard = Spec["weights"]["guard"];

/**
 * Health of the weights an epoch ended with: the loss's own, times the user's where rows have one.
 * Undefined where all are 0, as float32 has it at extreme exponents: there is no health to speak of.
 * @param weights the loss's weight of each row as last used, `[rows]`
 */
export function epochHealth(weights: Float32Array, rows: TextTable): WeightHealth | undefined {
  const own = rows.weight;
  const whole = own === undefined ? weights : weights.map((weight, row) => weight * at(own, row));
  if (whole.every((weight) => weight === 0)) return undefined;
  return weightHealth(whole, rows.label, rows.labelNames.length);
}

/** What is unhealthy, a sentence each; none where all is well. */
export function healthProblems(
  health: WeightHealth | undefined,
  guard: WeightGuard,
  labelNames: readonly string[],
): string[] {
  if (guard.action === "off") return [];
  if (health === undefined) return ["all weights are 0"];
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const problems: string[] = [];
  if (health.effectiveShare < guard.effectiveShare) {
    problems.push(
      `the weights count like ${health.effectiveSampleSize.toFixed(0)} of ${health.rows} rows (${percent(health.effectiveShare)}, limit ${percent(guard.effectiveShare)})`,
    );
  }
  if (health.largestShare > guard.largestShare) {
    problems.push(
      `one row carries ${percent(health.largestShare)} of the whole weight (limit ${percent(guard.largestShare)})`,
    );
  }
  if (guard.vanishedClasses && health.vanishedClasses.length > 0) {
    const names = health.vanishedClasses.map((label) => labelNames[label] ?? String(label));
    problems.push(`almost no weight is left on ${names.join(", ")}`);
  }
  return problems;
}

const stopWords = "stopped by the weight guard";

/** How a training ends that the guard stops. @param when such as " after epoch 2" */
export const guardStop = (problems: readonly string[], when = ""): string =>
  `${stopWords}${when}: ${problems.join("; ")}.`;

/** Whether a failure is the guard's: another guard may let the same training pass. */
export const isGuardStop = (message: string): boolean => message.startsWith(stopWords);

/** What a person can do about it. */
export const guardAdvice =
  "Clip or temper the weights (weights.transform), calibrate the quality checker (checker.calibration: temperature), or change weights.guard.";
