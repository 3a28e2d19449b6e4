import type { Step } from "@counterweight/steps";
import type { PlannedTrial } from "./plan.js";
import { recipeOf } from "./recipes.js";
import { keptModelMaking, type StepBuilder, stepBuilder } from "./step-builder.js";

/**
 * The steps that keep the models of trials, by the key of their training. Trials of several checkers
 * that vote have no one model.
 */
export function keepModels(
  builder: StepBuilder,
  trials: readonly Pick<PlannedTrial, "result" | "members">[],
): Map<string, Step> {
  const kept = stepBuilder(builder.steps);
  const found = new Map<string, Step>();
  for (const { result, members } of trials) {
    const training = builder.steps.get(result);
    if (training === undefined || members.length !== 1 || found.has(result)) continue;
    const recipe = recipeOf(training);
    if (recipe.kind !== "train") continue;
    const key = kept.add({
      ...keptModelMaking(result),
      // Where another run made the training without its model, all is trained once more.
      reads: training.needs,
      label: `model of ${training.label}`,
      recipe: { kind: "keep-model", train: { ...recipe, keepsModel: true } },
      cost: { ...training.cost, shape: training.cost.shape.replace(/^\S+/, "keep-model") },
      threads: training.resources.threads,
    });
    const step = kept.steps.get(key);
    if (step !== undefined) found.set(result, step);
  }
  return found;
}

/** A training that keeps its model beside its result. */
export function keepsModel(step: Step): Step {
  const recipe = recipeOf(step);
  return recipe.kind === "train" ? { ...step, recipe: { ...recipe, keepsModel: true } } : step;
}
