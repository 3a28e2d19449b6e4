import type { Step } from "../step.js";

/** A step with the light steps before it. */
export interface WithBefore {
  readonly step: Step;
  /** Steps that are made on the way to it, in topological order. */
  readonly before: readonly Step[];
}

export interface Missing {
  /** Those of `before` that are not in the store and that something to be made needs, in order. */
  readonly before: readonly Step[];
  /** Further keys that are not in the store: what others make. */
  readonly others: readonly string[];
}

/**
 * What of a step's way is still missing. What is only behind an entry does not matter any more.
 * @param has whether a key is in the store
 */
export async function missingFor(
  { step, before }: WithBefore,
  has: (key: string) => Promise<boolean>,
): Promise<Missing> {
  const light = new Map(before.map((each) => [each.key, each]));
  const missing = new Set<string>();
  const others = new Set<string>();
  const seen = new Set<string>();
  const stack = [step];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    for (const need of next.needs) {
      if (seen.has(need)) continue;
      seen.add(need);
      if (await has(need)) continue;
      const onTheWay = light.get(need);
      if (onTheWay === undefined) {
        others.add(need);
      } else {
        missing.add(need);
        stack.push(onTheWay);
      }
    }
  }
  return { before: before.filter(({ key }) => missing.has(key)), others: [...others] };
}
