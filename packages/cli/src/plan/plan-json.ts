import type { PreparedRun } from "@counterweight/experiments";
import type { PlanFacts } from "./plan-facts.js";

/** All that `plan` knows as plain JSON; every trial is a flat record. */
export function planJson({ spec, plan }: PreparedRun, facts: PlanFacts, store: string): unknown {
  const { steps, kinds, trainings, trials, estimate, executor, workers, waitsFor } = facts;
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
    steps: steps.map((own) => ({
      number: own.number,
      key: own.step.key,
      kind: own.step.making.kind,
      label: own.step.label,
      benchmark: own.benchmark,
      state: own.state,
      heldBy: own.heldBy,
      uses: own.uses,
      waitsFor: waitsFor(own),
      needs: own.step.needs,
      place: own.step.place,
      threads: own.step.resources.threads,
      cost: own.step.cost,
      estimate: own.cost,
    })),
  };
}
