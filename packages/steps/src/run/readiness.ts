import { at } from "@counterweight/base";
import type { StepGraph } from "./step-graph.js";

/** How far a step is, for those that need it. */
export type Level = "absent" | "given" | "done";

/** Which steps have all they need; each change costs as much as the step has dependants. */
export interface Readiness {
  readonly level: (index: number) => Level;
  /** Tells `becameOpen` of every dependant whose last missing need this was. */
  readonly setLevel: (index: number, level: Level) => void;
  /** Whether it may be given to its executor. */
  readonly isOpen: (index: number) => boolean;
  /** Whether all it needs is in the store. */
  readonly hasAll: (index: number) => boolean;
  /** From now on it waits until all it needs is done, whatever its executor takes. */
  readonly makePatient: (index: number) => void;
}

/**
 * Counts the missing needs of every step.
 * @param chains whether a step may be given to an executor that has been given its need but has not
 * made it yet.
 */
export function readiness(
  { steps, needs, dependants }: StepGraph,
  chains: (dependant: number, need: number) => boolean,
  becameOpen: (index: number) => void,
): Readiness {
  const levels: Level[] = steps.map(() => "absent");
  const patient = new Uint8Array(steps.length);
  const missing = Int32Array.from(needs, (own) => own.length);
  const satisfies = (level: Level, dependant: number, need: number): boolean =>
    level === "done" || (level === "given" && patient[dependant] === 0 && chains(dependant, need));
  return {
    level: (index) => at(levels, index),
    setLevel: (index, level) => {
      const before = at(levels, index);
      levels[index] = level;
      for (const dependant of at(dependants, index)) {
        const was = satisfies(before, dependant, index);
        const is = satisfies(level, dependant, index);
        if (was === is) continue;
        const left = at(missing, dependant) + (is ? -1 : 1);
        missing[dependant] = left;
        if (left === 0) becameOpen(dependant);
      }
    },
    isOpen: (index) => at(missing, index) === 0,
    hasAll: (index) => at(needs, index).every((need) => at(levels, need) === "done"),
    makePatient: (index) => {
      patient[index] = 1;
      const absent = at(needs, index).filter((need) => at(levels, need) !== "done");
      missing[index] = absent.length;
    },
  };
}
