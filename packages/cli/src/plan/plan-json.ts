import type { PreparedRun } from "@counterweight/experiments";
import type { PlanFacts } from "./plan-facts.js";

/** All that `plan` knows as plain JSON; every trial is a flat record. */
export function planJson(
  { spec, plan }: PreparedRun,
  { steps, kinds, trainings, trials, estimate, executor, workers }: PlanFacts,
  store: string,
): unknown {
  const states = new Map(steps.map(({ step, state }) => [step.key, state]));
  const { makespanSeconds, workSeconds, peakMemoryBytes, guess, unknownSteps } = estimate;
  return {
    name: spec.settings.name,
    ...{ store, executor, workers },
    totals: { trials, steps: steps.length, kinds, trainings },
    estimate: { makespanSeconds, workSeconds, peakMemoryBytes, guess, unknownSteps },
    trials: plan.trials.map(({ trial, members, checkers, evaluate }) => {
      const { settings, ...own } = trial;
      return { ...own, ...settings, training: members, checkers, state: states.get(evaluate) };
    }),
    steps: steps.map(({ number, step, benchmark, state, heldBy, uses, waitsFor, cost }) => ({
      number,
      key: step.key,
      kind: step.making.kind,
      label: step.label,
      ...{ benchmark, state, heldBy, uses, waitsFor },
      needs: step.needs,
      place: step.place,
      threads: step.resources.threads,
      cost: step.cost,
      estimate: cost,
    })),
  };
}
