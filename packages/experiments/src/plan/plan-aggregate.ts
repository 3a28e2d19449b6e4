import { createHash } from "node:crypto";
import { keyOf, type Making, type Step } from "@counterweight/steps";
import type { Spec } from "../spec/schema.js";
import type { PlannedTrial } from "./plan.js";
import type { AggregateRecipe } from "./recipes.js";
import { stepVersions } from "./step-builder.js";

/** What decides how trials are folded into tables. */
export type AggregateSettings = Pick<AggregateRecipe, "evaluation" | "guard">;

/** The part of a spec that does. */
export const aggregateSettings = ({ evaluation, weights }: Spec): AggregateSettings => ({
  evaluation,
  guard: weights.guard,
});

/**
 * The step that folds all trials of a plan: rows over seeds with their bootstrap intervals, comparisons
 * of methods, calibration, courses of weights. It is last, since it needs every trial.
 *
 * Its making names the trials by one digest: the keys of 100,000 trials would be a making of 20 MB.
 */
export function aggregateStep(
  name: string,
  trials: readonly PlannedTrial[],
  { evaluation, guard }: AggregateSettings,
): Step {
  const making: Making = {
    kind: "aggregate",
    version: stepVersions.aggregate,
    settings: { evaluation, guard },
    inputs: { trials: trialsDigest(trials) },
  };
  const needs = new Set<string>();
  for (const { evaluate, result, members, quality, diversity } of trials) {
    for (const key of [result, ...members, quality, diversity, evaluate]) {
      if (key !== undefined) needs.add(key);
    }
  }
  return {
    key: keyOf(making),
    making,
    label: `tables of ${name}`,
    needs: [...needs],
    place: "here",
    cost: { shape: "aggregate", units: trials.length },
    resources: { threads: 1 },
    recipe: { kind: "aggregate", trials, evaluation, guard } satisfies AggregateRecipe,
  };
}

/** SHA-256 of a JSON list with what names each trial and its results; never the list as one string. */
function trialsDigest(trials: readonly PlannedTrial[]): string {
  const hash = createHash("sha256");
  for (const [index, { trial, evaluate, result, quality, diversity }] of trials.entries()) {
    const { variant, benchmark, generated, checkerFraction, seed, method, loss, gamma } = trial;
    const place = [variant, benchmark, generated, checkerFraction, seed, method, loss, gamma];
    const keys = [evaluate, result, quality ?? "", diversity ?? ""];
    hash.update(`${index === 0 ? "[" : ","}${JSON.stringify(place.concat(keys))}`);
  }
  return hash.update(trials.length === 0 ? "[]" : "]").digest("hex");
}
