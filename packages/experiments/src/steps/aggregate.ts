import { CounterweightError } from "@counterweight/base";
import type { Entry, RunnerContext, Store } from "@counterweight/steps";
import { type Aggregate, aggregateTrials } from "../outputs/aggregate-trials.js";
import { digestTrial, type TrialDigest } from "../outputs/trial-digest.js";
import type { AggregateRecipe } from "../plan/recipes.js";
import type { SourceData } from "./source-data.js";
import { readFindings } from "./trial-findings.js";
import { writeDraft } from "./write-draft.js";

const file = "aggregate.json";

/** Folds all trials of a plan into tables; undefined where it was stopped. */
export async function aggregate(
  { trials, evaluation, guard }: AggregateRecipe,
  { store, input, draft, signal }: Pick<RunnerContext, "store" | "input" | "draft" | "signal">,
  data: SourceData,
): Promise<unknown> {
  const digests: TrialDigest[] = [];
  for (const planned of trials) {
    if (signal.aborted) return undefined;
    const prepared = await data.prepared(planned.source);
    digests.push(digestTrial(await readFindings(planned, prepared, store, input), guard));
  }
  const folded = await aggregateTrials(digests, evaluation, signal);
  if (folded === undefined) return undefined;
  await writeDraft(draft, file, Buffer.from(JSON.stringify(folded)));
  return { trials: trials.length, rows: folded.rows.length };
}

/** What an aggregate step's entry holds. */
export async function aggregateIn(store: Store, entry: Entry): Promise<Aggregate> {
  const value: unknown = JSON.parse((await store.file(entry, file)).toString("utf8"));
  if (isAggregate(value)) return value;
  throw new CounterweightError("internal", `${entry.record.label}: no result of an aggregate step`);
}

/** The entry's hash proves that this package's code, at the version in its making, wrote it. */
const isAggregate = (value: unknown): value is Aggregate =>
  typeof value === "object" &&
  value !== null &&
  ["rows", "comparisons", "calibration", "weightHealth", "labelNoise"].every(
    (name) => name in value,
  );
