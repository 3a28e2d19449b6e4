import { join } from "node:path";
import { renderModelCard } from "@counterweight/bert";
import type { TrainingBackend } from "../run/backend.js";
import type { RunResults, TrialOutcome } from "../run/results.js";
import { modelCardData } from "./model-card-data.js";

/** A model that was written. */
export interface WrittenModel {
  readonly folder: string;
  readonly label: string;
}

/**
 * Writes every trial's kept model to `models/<benchmark>/<method>-seed-<n>`, with its card. Trials of
 * several checkers that vote have no one model and are left out.
 */
export async function* writeModels(
  folder: string,
  results: RunResults,
  { backend, spec }: { readonly backend: TrainingBackend; readonly spec: string },
): AsyncGenerator<WrittenModel> {
  const fractions = new Set(results.outcomes.map(({ trial }) => trial.checkerFraction));
  for (const outcome of results.outcomes) {
    const from = outcome.model;
    const name = modelName(outcome, fractions.size > 1);
    if (from === undefined) continue;
    const card = modelCardData(outcome, results, { name: name.replace("/", "-"), spec });
    const to = join(folder, "models", name);
    await backend.exportModel?.(from, to, renderModelCard(card));
    yield { folder: to, label: outcome.training.label };
  }
}

function modelName({ trial }: TrialOutcome, severalFractions: boolean): string {
  const fraction = severalFractions ? `-checker-${trial.checkerFraction}` : "";
  // Names of variants hold what no folder should: spaces, commas, slashes of paths.
  const variant = trial.variant === "" ? "" : `-${trial.variant.replace(/[^\w.=+-]+/g, "-")}`;
  return `${trial.benchmark}/${trial.method}-seed-${trial.seed}${fraction}${variant}`;
}
