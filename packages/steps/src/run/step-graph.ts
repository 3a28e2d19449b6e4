import { at, CounterweightError } from "@counterweight/base";
import type { Step } from "../step.js";

/** Steps by their place in the plan, with their edges both ways. */
export interface StepGraph {
  readonly steps: readonly Step[];
  readonly indexOf: ReadonlyMap<string, number>;
  /** Each need once. */
  readonly needs: readonly (readonly number[])[];
  readonly dependants: readonly (readonly number[])[];
}

/**
 * The graph of a plan in topological order: what a step needs stands before it.
 * @throws CounterweightError `internal`: a key twice, a need that is no step, or one that comes
 * later, as in every cycle.
 */
export function stepGraph(steps: readonly Step[]): StepGraph {
  const indexOf = new Map<string, number>();
  for (const [index, { key, label }] of steps.entries()) {
    if (indexOf.has(key)) throw wrong(`the step ${label} (${key}) is in the plan twice.`);
    indexOf.set(key, index);
  }
  const dependants: number[][] = steps.map(() => []);
  const needs = steps.map((step, index) => {
    const own = step.needs.map((key) => {
      const need = indexOf.get(key);
      if (need === undefined) throw wrong(`${step.label} needs ${key}, which is no step.`);
      if (need >= index) {
        throw wrong(`${step.label} needs ${at(steps, need).label}, which does not come before it.`);
      }
      return need;
    });
    const once = own.length > 1 ? [...new Set(own)] : own;
    for (const need of once) at(dependants, need).push(index);
    return once;
  });
  return { steps, indexOf, needs, dependants };
}

/** The graph of a plan that is given as steps or as their graph. */
export const graphOf = (plan: readonly Step[] | StepGraph): StepGraph =>
  "steps" in plan ? plan : stepGraph(plan);

const wrong = (what: string) => new CounterweightError("internal", `The plan is wrong: ${what}`);

/**
 * The rank of each step among those that could start, 0 first: by the longest way from it to the
 * end of the plan, itself included, so that what others wait for longest goes first; among equals
 * the plan's order, which is the whole order where no seconds are known.
 * @param seconds estimated wall time of a step, also by its place; undefined where unknown.
 */
export function stepRanks(
  graph: StepGraph,
  seconds: (step: Step, index: number) => number | undefined = () => undefined,
): Int32Array {
  const length = graph.steps.length;
  const way = new Float64Array(length);
  for (let index = length - 1; index >= 0; index--) {
    let longest = 0;
    for (const dependant of at(graph.dependants, index)) {
      longest = Math.max(longest, at(way, dependant));
    }
    way[index] = longest + (seconds(at(graph.steps, index), index) ?? 0);
  }
  const order = Array.from({ length }, (_, index) => index).sort(
    (left, right) => at(way, right) - at(way, left) || left - right,
  );
  const ranks = new Int32Array(length);
  for (const [rank, index] of order.entries()) ranks[index] = rank;
  return ranks;
}
