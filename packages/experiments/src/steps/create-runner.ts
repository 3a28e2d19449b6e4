import type { Runner } from "@counterweight/steps";
import { type DataSource, recipeOf, type TokeniseRecipe } from "../plan/recipes.js";
import type { TrainingBackend } from "../run/backend.js";
import type { PreparedBenchmark } from "../run/prepare.js";
import { aggregate } from "./aggregate.js";
import { calibrate, evaluate, score, vote } from "./light-steps.js";
import { tokenizerUnchanged } from "./model-guard.js";
import { type SourceData, sourceData } from "./source-data.js";
import { split } from "./split.js";
import { tokenFiles } from "./tokenised-rows.js";
import { keepModel, train } from "./train.js";
import { writeDraft } from "./write-draft.js";

/** What a worker starts with: plain JSON. */
export interface RunnerInit {
  readonly sources: Readonly<Record<string, DataSource>>;
}

/**
 * Makes the steps of this package's plans.
 * @param known data that was read already, by id
 */
export function createRunner(
  { sources }: RunnerInit,
  backend: TrainingBackend,
  known?: ReadonlyMap<string, PreparedBenchmark>,
): Runner {
  const data = sourceData(sources, known);
  return async (step, context) => {
    const recipe = recipeOf(step);
    const made = (result: unknown) => ({ kind: "made", result }) as const;
    const unlessStopped = (result: unknown) =>
      result === undefined ? ({ kind: "stopped" } as const) : made(result);
    switch (recipe.kind) {
      case "read": {
        const { digests, benchmark } = await data.prepared(recipe.source, [recipe.role]);
        const { labelNames, label } = benchmark[recipe.role];
        return made({ rows: label.length, labelNames, sha256: digests[recipe.role] });
      }
      case "split":
        return made(split(recipe, await data.prepared(recipe.source, ["train", "validation"])));
      case "tokenise":
        return made(await tokenise(recipe, context.draft, backend, data));
      case "train":
        return unlessStopped(await train(step, recipe, context, { backend, data }));
      case "keep-model":
        return unlessStopped(await keepModel(step, recipe.train, context, { backend, data }));
      case "vote":
        return made(await vote(recipe, context, data));
      case "calibrate":
        return made(await calibrate(recipe, context, data));
      case "score":
        return made(await score(recipe, context, data));
      case "evaluate":
        return made(await evaluate(recipe, context, data));
      case "aggregate":
        return unlessStopped(await aggregate(recipe, context, data));
    }
  };
}

async function tokenise(
  { source, role, model, tokenizerDigest, maxLength }: TokeniseRecipe,
  draft: string,
  backend: TrainingBackend,
  data: SourceData,
): Promise<unknown> {
  // Where the data's own words are the tokens, every role has a part in them. Otherwise another
  // benchmark may have the same rows, and must not suffer from a change of this one's others.
  const roles = tokenizerDigest === undefined ? undefined : [role];
  const { benchmark } = await data.prepared(source, roles);
  const table = benchmark[role];
  await tokenizerUnchanged(model, tokenizerDigest);
  const tokens = await backend.tokenise?.({ model, benchmark, table, maxLength });
  await tokenizerUnchanged(model, tokenizerDigest);
  if (tokens === undefined) return { rows: 0, tokens: 0 };
  for (const name of ["offsets", "tokenIds", "typeIds"] as const) {
    await writeDraft(draft, tokenFiles[name], tokens[name]);
  }
  return { rows: table.label.length, tokens: tokens.tokenIds.length };
}
