import { at } from "@counterweight/base";
import type { StepProblem, StepsEvent, StepsSummary } from "../events.js";
import type { FoundSteps } from "./find-steps.js";
import type { StepGraph } from "./step-graph.js";

export type StepState =
  /** For a need. */
  | "waiting"
  /** Could be given to its executor. */
  | "ready"
  /** An executor has it. */
  | "running"
  /** Another process makes it. */
  | "held"
  | "done"
  | "failed"
  | "skipped"
  /** Left alone: nobody wants it, and nothing to be made needs it. */
  | "unneeded";

/** The state of every step, and how many have not ended. Each end is told. */
export interface StepStates {
  readonly get: (index: number) => StepState;
  /** Among the first four states. */
  readonly move: (index: number, state: "waiting" | "ready" | "running" | "held") => void;
  readonly succeed: (index: number, event: StepsEvent) => void;
  readonly fail: (index: number, problem: StepProblem, attempts: number) => void;
  readonly skip: (index: number, because: string) => void;
  /** A done or unneeded one has to be made after all. */
  readonly reopen: (index: number) => void;
  /** The failed step for which one cannot run: a need of it, or behind that. */
  readonly blockedBy: (index: number) => string | undefined;
  /** How many have neither ended nor are unneeded. */
  readonly unsettled: () => number;
  readonly summary: () => StepsSummary;
}

/** States as the plan found them; tells what is found and what is damaged. */
export function stepStates(
  { steps, needs }: StepGraph,
  plan: FoundSteps,
  emit: (event: StepsEvent) => void,
): StepStates {
  const failed = new Map<string, StepProblem>();
  const skipped = new Map<string, string>();
  const keyAt = (index: number) => at(steps, index).key;
  const states = steps.map(({ key }): StepState => {
    const damage = plan.damaged.get(key);
    if (damage !== undefined) {
      const { reason, movedTo } = damage;
      emit({ type: "step-damaged", step: key, reason, movedTo });
    }
    if (plan.unneeded.has(key)) return "unneeded";
    if (plan.toMake.has(key)) return "waiting";
    emit({ type: "step-found", step: key });
    return "done";
  });
  let unsettled = plan.toMake.size;
  const keysIn = (state: StepState) =>
    new Set(steps.flatMap(({ key }, index) => (states[index] === state ? [key] : [])));
  return {
    get: (index) => at(states, index),
    move: (index, state) => {
      states[index] = state;
    },
    succeed: (index, event) => {
      states[index] = "done";
      unsettled -= 1;
      emit(event);
    },
    fail: (index, problem, attempts) => {
      states[index] = "failed";
      unsettled -= 1;
      failed.set(keyAt(index), problem);
      emit({ type: "step-failed", step: keyAt(index), ...problem, attempts });
    },
    skip: (index, because) => {
      states[index] = "skipped";
      unsettled -= 1;
      skipped.set(keyAt(index), because);
      emit({ type: "step-skipped", step: keyAt(index), because });
    },
    reopen: (index) => {
      states[index] = "waiting";
      unsettled += 1;
    },
    blockedBy: (index) => {
      for (const need of at(needs, index)) {
        const key = keyAt(need);
        const because = failed.has(key) ? key : skipped.get(key);
        if (because !== undefined) return because;
      }
      return undefined;
    },
    unsettled: () => unsettled,
    summary: () => ({
      ...{ done: keysIn("done"), failed, skipped, unneeded: keysIn("unneeded") },
      stopped: unsettled > 0,
    }),
  };
}
