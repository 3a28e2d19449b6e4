import { at } from "@counterweight/base";
import type { Step } from "../step.js";
import type { StepGraph } from "./step-graph.js";

/**
 * Light steps: those that whoever is given a step behind them can make on the way, so that it need
 * not wait for them.
 */
export interface LightSteps {
  readonly isLight: (index: number) => boolean;
  /** Those to be made before a step: what it needs, and they need, in the plan's order. */
  readonly before: (index: number) => readonly Step[];
  /** Whether a step, or a light step before it, needs the other. */
  readonly reads: (index: number, other: number) => boolean;
  /** Steps that are not light and need it, or light steps that do and are still to be made. */
  readonly readers: (index: number) => Iterable<number>;
}

/** @param isDone whether a step is in the store; what is before such a one does not matter. */
export function lightSteps(
  { steps, needs, dependants }: StepGraph,
  isLight: (index: number) => boolean,
  isDone: (index: number) => boolean,
): LightSteps {
  /** All that edges lead to from a step, entering only what `enters` says. */
  function reach(
    from: number,
    edges: StepGraph["needs"],
    enters: (index: number) => boolean,
  ): Set<number> {
    const reached = new Set<number>();
    const stack = [from];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      for (const other of at(edges, next)) {
        if (reached.has(other)) continue;
        reached.add(other);
        if (enters(other)) stack.push(other);
      }
    }
    return reached;
  }
  return {
    isLight,
    before: (index) => {
      const isMissing = (need: number) => isLight(need) && !isDone(need);
      if (!at(needs, index).some(isMissing)) return [];
      const found = [...reach(index, needs, isMissing)].filter(isMissing);
      return found.sort((left, right) => left - right).map((each) => at(steps, each));
    },
    reads: (index, other) => reach(index, needs, isLight).has(other),
    readers: (index) => {
      // Behind a light step that is done, nobody misses what that was made of.
      const isOpen = (each: number) => isLight(each) && !isDone(each);
      return [...reach(index, dependants, isOpen)].filter((each) => !isLight(each));
    },
  };
}
