import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import { weightSummary } from "@counterweight/evaluation";
import { classificationReport, confusionMatrix } from "@counterweight/metrics";
import type { Entry, Store } from "@counterweight/steps";
import { mostLikely } from "@counterweight/trainer";
import { testLogProbabilities } from "../outputs/trial-digest.js";
import { weightColumns } from "../outputs/weight-columns.js";
import type { PlannedTrial } from "../plan/plan.js";
import type { Spec } from "../spec/schema.js";
import { modelFolder } from "../steps/train.js";
import { readFindings } from "../steps/trial-findings.js";
import type { PreparedBenchmark } from "./prepare.js";
import type { TrialFindings, TrialOutcome } from "./results.js";

/**
 * Reads what a finished trial found from the store.
 * @returns its columns too, for those who need them now; the outcome itself reads them again
 */
export async function readOutcome(
  planned: PlannedTrial,
  {
    prepared,
    settings,
    isWhole,
  }: {
    readonly prepared: PreparedBenchmark;
    readonly settings: Spec;
    /** False for a run that was stopped or had failures: its models may not be kept yet. */
    readonly isWhole: boolean;
  },
  store: Store,
): Promise<{ readonly outcome: TrialOutcome; readonly findings: TrialFindings }> {
  const read = (key: string): Promise<Entry> => entryOf(store, key);
  const load = (): Promise<TrialFindings> => readFindings(planned, prepared, store, read);
  const findings = await load();
  const { trial, transforms, scores, temperature } = findings;
  const { logProbabilities: _, rowHistory: __, ...training } = findings.training;
  const { model: key } = planned;
  const isKept = key !== undefined && (isWhole || (await store.has(key)));
  // It is copied by its path, so its files are proven now and not remembered.
  const model = isKept ? await entryOf(store, key, true) : undefined;
  const outcome: TrialOutcome = {
    ...{ trial, prepared, transforms, scores, temperature, settings, training },
    ...predictionTables(findings),
    weights: shownWeights(findings, settings.hideRowText),
    model: model === undefined ? undefined : join(model.folder, modelFolder),
    load,
  };
  return { outcome, findings };
}

function predictionTables(findings: TrialFindings): Pick<TrialOutcome, "classes" | "confusion"> {
  const { label, labelNames } = findings.prepared.benchmark.test;
  const predicted = mostLikely(testLogProbabilities(findings), labelNames.length);
  return {
    classes: classificationReport(label, predicted, labelNames),
    confusion: Array.from(confusionMatrix(label, predicted, labelNames.length).counts),
  };
}

function shownWeights(findings: TrialFindings, hideText: boolean): TrialOutcome["weights"] {
  const columns = weightColumns(findings);
  if (columns === undefined || !hideText) return columns && weightSummary(columns);
  const { textPair: _, ...others } = columns;
  return weightSummary({ ...others, text: columns.text.map(() => "") });
}

/** @throws CounterweightError `usage` for an entry that was damaged since it was found. */
async function entryOf(store: Store, key: string, afresh = false): Promise<Entry> {
  const lookup = await store.read(key, { afresh });
  if (lookup.kind === "found") return lookup.entry;
  throw new CounterweightError(
    "usage",
    lookup.kind === "damaged" ? lookup.reason : "the entry is gone.",
    { where: join(store.folder, key), fix: "Run the same command again: it is made anew." },
  );
}
