import { conditionOf } from "@counterweight/evaluation";
import type { Trial } from "../spec/trials.js";

/** Trials that a report draws one by one at most: ten kilobytes of page each. */
export const mostDrawn = 200;

/** All of them, or of many the first seed of each method and condition, as far as there is room. */
export function drawnTrials<T extends { readonly trial: Trial }>(
  outcomes: readonly T[],
): readonly T[] {
  if (outcomes.length <= mostDrawn) return outcomes;
  const seen = new Set<string>();
  const first = outcomes.filter(({ trial }) => {
    const place = JSON.stringify([conditionOf(trial), trial.method]);
    const isNew = !seen.has(place);
    seen.add(place);
    return isNew;
  });
  return first.slice(0, mostDrawn);
}
