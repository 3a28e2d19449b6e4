import type { Step } from "@counterweight/steps";
import type { Plan, PlannedTrial } from "./plan.js";
import { recipeOf } from "./recipes.js";
import { keptModelMaking, type StepBuilder, stepBuilder } from "./step-builder.js";

/** The steps and trials of a plan that keeps the models of its trials. */
export function withKeptModels(
  builder: StepBuilder,
  trials: readonly PlannedTrial[],
): Pick<Plan, "steps" | "trials"> {
  const models = keepModels(builder, trials);
  return {
    steps: [...builder.steps.values()].flatMap((step) => {
      const keep = models.get(step.key);
      // The training keeps its model itself; the step is for a result that is stored without it.
      return keep === undefined ? step : [keepsModel(step), keep];
    }),
    trials: trials.map((one) => ({ ...one, model: models.get(one.result)?.key })),
  };
}

/**
 * The steps that keep the models of trials, by the key of their training. Trials of several checkers
 * that vote have no one model.
 */
function keepModels(
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
function keepsModel(step: Step): Step {
  const recipe = recipeOf(step);
  return recipe.kind === "train" ? { ...step, recipe: { ...recipe, keepsModel: true } } : step;
}
