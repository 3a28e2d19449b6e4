import { at } from "@counterweight/base";
import type { Step } from "../step.js";
import type { Store } from "../store.js";
import { eachLimited } from "./each-limited.js";
import { graphOf, type StepGraph } from "./step-graph.js";

/** What a plan finds in a store. */
export interface FoundSteps {
  /** In the store. */
  readonly found: ReadonlySet<string>;
  /** To be made. */
  readonly toMake: ReadonlySet<string>;
  /** Absent, but neither wanted nor needed by a step to be made. */
  readonly unneeded: ReadonlySet<string>;
  /** Wanted ones that did not match their hashes and were set aside; among `toMake`. */
  readonly damaged: ReadonlyMap<string, { readonly reason: string; readonly movedTo: string }>;
}

export interface FindStepsOptions {
  /** Which entries the caller will read itself. Default: it wants every step made. */
  readonly wanted?: (key: string) => boolean;
  /** Whether the wanted entries are proven by their hashes, default true; set damaged ones aside. */
  readonly prove?: boolean;
  /** Keys of all entries, where they were listed just now: saves a look for each step. */
  readonly present?: ReadonlySet<string>;
}

/**
 * Which steps of a plan are in the store, and which have to be made for the wanted ones. What a run
 * would make is found by the same rule as what a plan says.
 */
export async function findSteps(
  plan: readonly Step[] | StepGraph,
  store: Store,
  { wanted, prove = true, present }: FindStepsOptions = {},
): Promise<FoundSteps> {
  const { steps, needs } = graphOf(plan);
  const found = new Set<string>();
  const damaged = new Map<string, { readonly reason: string; readonly movedTo: string }>();
  if (present === undefined) {
    await eachLimited(steps, 32, async ({ key }) => {
      if (await store.has(key)) found.add(key);
    });
  } else {
    for (const { key } of steps) if (present.has(key)) found.add(key);
  }
  if (wanted !== undefined && prove) {
    const read = steps.filter(({ key }) => found.has(key) && wanted(key));
    await eachLimited(read, 4, async ({ key }) => {
      const lookup = await store.read(key);
      if (lookup.kind === "found") return;
      found.delete(key);
      if (lookup.kind === "damaged") damaged.set(key, lookup);
    });
  }
  const isNeeded = new Uint8Array(steps.length);
  const toMake = new Set<string>();
  const unneeded = new Set<string>();
  for (let index = steps.length - 1; index >= 0; index--) {
    const { key } = at(steps, index);
    if (found.has(key)) continue;
    if (isNeeded[index] === 0 && wanted !== undefined && !wanted(key)) {
      unneeded.add(key);
      continue;
    }
    toMake.add(key);
    for (const need of at(needs, index)) isNeeded[need] = 1;
  }
  return { found, toMake, unneeded, damaged };
}
