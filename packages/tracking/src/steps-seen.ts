import { at } from "@counterweight/base";

/** Whole numbers as ascending ranges, both ends included: `[1, 141]` for a training without gaps. */
export type Steps = number[];

export function hasStep(steps: Steps | undefined, step: number): boolean {
  if (steps === undefined) return false;
  for (let index = steps.length - 2; index >= 0; index -= 2) {
    if (step > at(steps, index + 1)) return false;
    if (step >= at(steps, index)) return true;
  }
  return false;
}

/** Adds a step, in place where it follows the last one, as nearly all do. */
export function addStep(steps: Steps | undefined, step: number): Steps {
  if (steps === undefined || steps.length === 0) return [step, step];
  const last = at(steps, steps.length - 1);
  if (step === last + 1) {
    steps[steps.length - 1] = step;
    return steps;
  }
  if (step > last) return [...steps, step, step];
  if (hasStep(steps, step)) return steps;
  const ranges: [number, number][] = [[step, step]];
  for (let index = 0; index < steps.length; index += 2) {
    ranges.push([at(steps, index), at(steps, index + 1)]);
  }
  const merged: Steps = [];
  for (const [from, to] of ranges.sort(([a], [b]) => a - b)) {
    const end = merged.at(-1);
    if (end !== undefined && from <= end + 1) merged[merged.length - 1] = Math.max(end, to);
    else merged.push(from, to);
  }
  return merged;
}
