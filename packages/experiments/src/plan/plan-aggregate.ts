import { sha256 } from "@counterweight/base";
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
  const identities = trials.map(({ trial, evaluate, result, quality, diversity }) => [
    ...[trial.variant, trial.benchmark, trial.generated, trial.checkerFraction, trial.seed],
    ...[trial.method, trial.loss, trial.gamma],
    ...[evaluate, result, quality ?? "", diversity ?? ""],
  ]);
  const making: Making = {
    kind: "aggregate",
    version: stepVersions.aggregate,
    settings: { evaluation, guard },
    inputs: { trials: sha256(JSON.stringify(identities)) },
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
