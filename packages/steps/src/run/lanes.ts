import { at } from "@counterweight/base";
import type { Executor } from "../executor.js";
import type { Step } from "../step.js";
import { createHeap, type Heap } from "./heap.js";

/** An executor with the steps that it could be given. */
export interface Lane {
  readonly executor: Executor;
  readonly ready: Heap<number>;
  running: number;
}

export interface Lanes {
  readonly all: readonly Lane[];
  readonly of: (index: number) => Lane;
  /** Whether the other executor takes steps before those of this place are made. */
  readonly isLight: (index: number) => boolean;
}

/** A lane for each place; one executor for both places has one lane, and so one capacity. */
export function createLanes(
  steps: readonly Step[],
  executors: { readonly executor: Executor; readonly here: Executor },
  ranks: Int32Array,
): Lanes {
  const lane = (executor: Executor): Lane => ({
    executor,
    ready: createHeap<number>((left, right) => at(ranks, left) < at(ranks, right)),
    running: 0,
  });
  const away = lane(executors.executor);
  const here = executors.here === executors.executor ? away : lane(executors.here);
  const passes = here !== away && executors.executor.takesWaiting;
  const of = (index: number) => (at(steps, index).place === "here" ? here : away);
  return {
    all: here === away ? [away] : [here, away],
    of,
    isLight: (index) => passes && of(index) === here,
  };
}
