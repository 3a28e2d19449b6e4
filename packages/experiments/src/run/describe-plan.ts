import type { Store } from "@counterweight/steps";
import type { Plan } from "../plan/plan.js";
import { recipeOf } from "../plan/recipes.js";
import type { PlannedTraining, PlannedTrialRecord } from "./events.js";

/** The trainings of a plan as people and logs see them, with what is in the store already. */
export async function describePlan(
  { steps, trainings, uses }: Plan,
  store: Pick<Store, "has">,
): Promise<PlannedTraining[]> {
  const checkersOf = checkerFinder(steps);
  const described: PlannedTraining[] = [];
  for (const step of steps) {
    const info = trainings.get(step.key);
    if (info === undefined) continue;
    described.push({
      key: step.key,
      kind: step.making.kind,
      label: step.label,
      ...info,
      uses: uses.get(step.key) ?? 0,
      needs: checkersOf(step.needs),
      stored: await store.has(step.key),
    });
  }
  return described;
}

/** Gives the trainings behind scores, votes and temperatures. */
function checkerFinder(steps: Plan["steps"]): (needs: readonly string[]) => string[] {
  const byKey = new Map(steps.map((step) => [step.key, step]));
  const found = new Map<string, readonly string[]>();
  const behind = (key: string): readonly string[] => {
    const known = found.get(key);
    if (known !== undefined) return known;
    const step = byKey.get(key);
    const kind = step === undefined ? undefined : recipeOf(step).kind;
    const own =
      step === undefined || kind === "read" || kind === "split" || kind === "tokenise"
        ? []
        : kind === "train"
          ? [key]
          : step.needs.flatMap(behind);
    const once = [...new Set(own)];
    found.set(key, once);
    return once;
  };
  return (needs) => [...new Set(needs.flatMap(behind))];
}

/** Beyond this many trials a log line of all of them would be read by nobody. */
const mostRecords = 10_000;

/** Which trainings each trial comes from. */
export function trialRecords({ trials }: Plan): PlannedTrialRecord[] {
  return trials
    .slice(0, trials.length > mostRecords ? 0 : trials.length)
    .map(({ trial, members, checkers }) => ({ trial, result: members, checkers }));
}

/** How many steps of each kind there are, and how many of them are in the store. */
export async function describeSteps(
  { steps }: Plan,
  store: Pick<Store, "has">,
): Promise<Record<string, { all: number; stored: number }>> {
  const kinds: Record<string, { all: number; stored: number }> = {};
  for (const { key, making } of steps) {
    const kind = kinds[making.kind] ?? { all: 0, stored: 0 };
    kinds[making.kind] = kind;
    kind.all += 1;
    if (await store.has(key)) kind.stored += 1;
  }
  return kinds;
}
