import { readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { removeUnfinished } from "@counterweight/base";
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
 * several checkers that vote have no one model and are left out. What a kill left half written is
 * removed.
 */
export async function* writeModels(
  folder: string,
  results: RunResults,
  { backend, spec }: { readonly backend: TrainingBackend; readonly spec: string },
): AsyncGenerator<WrittenModel> {
  const fractions = new Set(results.outcomes.map(({ trial }) => trial.checkerFraction));
  const tidied = new Set<string>();
  for (const outcome of results.outcomes) {
    const from = outcome.model;
    const name = modelName(outcome, fractions.size > 1);
    if (from === undefined) continue;
    const to = join(folder, "models", name);
    if (!tidied.has(dirname(to))) await removeRemains(dirname(to));
    tidied.add(dirname(to));
    const card = modelCardData(outcome, results, { name: name.replace("/", "-"), spec });
    await backend.exportModel?.(from, to, renderModelCard(card));
    yield { folder: to, label: outcome.training.label };
  }
}

/** A model that a kill left half written, or that a killed writer was about to replace. */
async function removeRemains(folder: string): Promise<void> {
  await removeUnfinished(folder);
  for (const name of await readdir(folder).catch(() => [])) {
    if (!/^\..*\.[0-9a-f]{12}\.old$/.test(name)) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

function modelName({ trial }: TrialOutcome, severalFractions: boolean): string {
  const fraction = severalFractions ? `-checker-${trial.checkerFraction}` : "";
  // Names of variants hold what no folder should: spaces, commas, slashes of paths.
  const variant = trial.variant === "" ? "" : `-${trial.variant.replace(/[^\w.=+-]+/g, "-")}`;
  return `${trial.benchmark}/${trial.method}-seed-${trial.seed}${fraction}${variant}`;
}
