import type { Step } from "../step.js";
import { toyStep } from "./random-plan.js";

/** Steps shaped like trials: two checkers that trials share, a score, a training, an evaluation each. */
export function toySweep(trials = 4): Step[] {
  const steps: Step[] = [];
  const add = (
    name: string,
    needs: readonly Step[],
    counts: number,
    place: Step["place"],
  ): Step => {
    const step = {
      ...toyStep(name, needs, { place, settings: { counts } }),
      recipe: { milliseconds: place === "here" ? 0 : 20 },
    };
    steps.push(step);
    return step;
  };
  const data = add("data", [], 1, "here");
  const checkers = ["quality", "diversity"].map((name) => add(name, [data], 12, "executor"));
  for (let trial = 0; trial < trials; trial++) {
    const scores = checkers.map((checker) =>
      add(`score ${checker.label} ${trial}`, [checker], 1, "here"),
    );
    const train = add(`train ${trial}`, [data, ...scores], 15, "executor");
    add(`evaluate ${trial}`, [train], 1, "here");
  }
  return steps;
}
