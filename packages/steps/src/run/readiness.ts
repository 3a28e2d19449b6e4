import { at } from "@counterweight/base";
import type { StepGraph } from "./step-graph.js";

/** How far a step is, for those that need it. */
export type Level = "absent" | "given" | "done";

/** Which steps have all they need; each change costs as much as the steps have dependants. */
export interface Readiness {
  /** Tells `becameOpen` of every step whose last missing need this was. */
  readonly setLevel: (index: number, level: Level) => void;
  /** Whether it may be given to its executor. */
  readonly isOpen: (index: number) => boolean;
  /** Whether all it needs is in the store. */
  readonly hasAll: (index: number) => boolean;
  /** From now on it waits until all it needs is done, whatever its executor takes. */
  readonly makePatient: (index: number) => void;
}

export interface ReadinessRules {
  /**
   * Whether a step may be given to an executor that has been given its need but has not made it yet.
   */
  readonly chains: (dependant: number, need: number) => boolean;
  /**
   * Whether a step counts as given as soon as all it needs is given or done: whoever gets what
   * depends on it can make it on the way.
   */
  readonly isTransparent: (index: number) => boolean;
}

/** Counts the missing needs of every step. */
export function readiness(
  { steps, needs, dependants }: StepGraph,
  { chains, isTransparent }: ReadinessRules,
  becameOpen: (index: number) => void,
): Readiness {
  /** As last set. */
  const own: Level[] = steps.map(() => "absent");
  const patient = new Uint8Array(steps.length);
  const satisfies = (level: Level, dependant: number, need: number): boolean =>
    level === "done" || (level === "given" && patient[dependant] === 0 && chains(dependant, need));
  /** Of each transparent step, the needs that are neither given nor done. */
  const unreached = new Int32Array(steps.length);
  const levelOf = (index: number): Level => {
    const level = at(own, index);
    const reached = level === "absent" && unreached[index] === 0 && isTransparent(index);
    return reached ? "given" : level;
  };
  const missing = new Int32Array(steps.length);
  // In the plan's order, so that the levels of a step's needs are known.
  for (const [index, behind] of needs.entries()) {
    unreached[index] = behind.filter((need) => levelOf(need) === "absent").length;
    missing[index] = behind.filter((need) => !satisfies(levelOf(need), index, need)).length;
  }

  function spread(from: number, before: Level, after: Level): void {
    const changes = [{ need: from, before, after }];
    for (let change = changes.pop(); change !== undefined; change = changes.pop()) {
      const { need } = change;
      const reached = Number(change.after !== "absent") - Number(change.before !== "absent");
      for (const dependant of at(dependants, need)) {
        const was = satisfies(change.before, dependant, need);
        const is = satisfies(change.after, dependant, need);
        if (was !== is) {
          const left = at(missing, dependant) + (is ? -1 : 1);
          missing[dependant] = left;
          if (left === 0) becameOpen(dependant);
        }
        if (reached === 0) continue;
        const level = levelOf(dependant);
        unreached[dependant] = at(unreached, dependant) - reached;
        const next = levelOf(dependant);
        if (level !== next) changes.push({ need: dependant, before: level, after: next });
      }
    }
  }

  return {
    setLevel: (index, level) => {
      const before = levelOf(index);
      own[index] = level;
      const after = levelOf(index);
      if (before !== after) spread(index, before, after);
    },
    isOpen: (index) => at(missing, index) === 0,
    hasAll: (index) => at(needs, index).every((need) => at(own, need) === "done"),
    makePatient: (index) => {
      patient[index] = 1;
      missing[index] = at(needs, index).filter((need) => at(own, need) !== "done").length;
    },
  };
}
