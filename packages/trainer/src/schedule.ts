import { CounterweightError } from "@counterweight/base";

/** After warm-up: straight down to 0, half a cosine down to 0, or level. */
export type ScheduleKind = "linear" | "cosine" | "constant";

export interface Schedule {
  readonly kind: ScheduleKind;
  /** Optimiser steps of the whole run. */
  readonly totalSteps: number;
  /** Steps over which the factor climbs from 0 to 1; default 0. */
  readonly warmupSteps?: number;
}

/**
 * What the peak learning rate is multiplied by at `step` (from 0). With W warm-up steps of K:
 * `step / W` while step < W, then `(K - step) / (K - W)` (linear),
 * `(1 + cos(pi (step - W) / (K - W))) / 2` (cosine) or 1 (constant), never below 0.
 * The same as Transformers' `get_{linear,cosine,constant}_schedule_with_warmup`.
 * Throws "spec" where a count is not a whole number >= 0 or warm-up is longer than the run.
 */
export function scheduleFactor(schedule: Schedule, step: number): number {
  const { kind, totalSteps, warmupSteps = 0 } = schedule;
  for (const [name, value] of Object.entries({ totalSteps, warmupSteps, step })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new CounterweightError("spec", `schedule: ${name} is ${value}.`, {
        fix: "Give a whole number, 0 or more.",
      });
    }
  }
  if (warmupSteps > totalSteps) {
    throw new CounterweightError(
      "spec",
      `schedule: ${warmupSteps} warm-up steps in a run of ${totalSteps} steps.`,
      { fix: "Warm up for at most as many steps as the run has." },
    );
  }
  if (step < warmupSteps) return step / warmupSteps;
  const decaySteps = Math.max(1, totalSteps - warmupSteps);
  switch (kind) {
    case "linear":
      return Math.max(0, (totalSteps - step) / decaySteps);
    case "cosine": {
      const progress = Math.min(1, (step - warmupSteps) / decaySteps);
      return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
    }
    case "constant":
      return 1;
  }
}

/** How a run's learning rate moves. */
export interface LearningRateSettings {
  /** Peak learning rate. */
  readonly learningRate: number;
  readonly schedule: ScheduleKind;
  /** Share of the steps in which the rate rises from 0, in [0, 1]; rounded up to whole steps. */
  readonly warmupRatio: number;
}

/** The learning rate of `step` (from 0) in a run of `totalSteps` steps. */
export function learningRateAt(
  { learningRate, schedule, warmupRatio }: LearningRateSettings,
  step: number,
  totalSteps: number,
): number {
  const warmupSteps = Math.ceil(totalSteps * warmupRatio);
  return learningRate * scheduleFactor({ kind: schedule, totalSteps, warmupSteps }, step);
}
