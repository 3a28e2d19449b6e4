import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import { folderStore, type Store } from "@counterweight/steps";
import { type Aggregate, aggregateTrials } from "../outputs/aggregate-trials.js";
import { digestTrial, type TrialDigest } from "../outputs/trial-digest.js";
import { writeModels } from "../outputs/write-models.js";
import { writeOutputs } from "../outputs/write-outputs.js";
import type { ResolvedSpec } from "../spec/resolve.js";
import { aggregateIn } from "../steps/aggregate.js";
import type { TrainingBackend } from "./backend.js";
import { closeEarly } from "./close-early.js";
import { describePlan, describeSteps, trialRecords } from "./describe-plan.js";
import { type EnvironmentRecord, environmentRecord } from "./environment-record.js";
import { openEventLog } from "./event-log.js";
import type { RunEvent, RunStatus } from "./events.js";
import { readOutcome } from "./outcomes.js";
import type { PlanOutcome } from "./plan-watcher.js";
import { rowsByRole } from "./prepare.js";
import { type PreparedRun, prepareRun } from "./prepare-run.js";
import type { RunResults, TrialOutcome } from "./results.js";
import { type CreateExecutor, runPlan } from "./run-plan.js";

export interface RunOptions {
  /** Folder of the results. */
  readonly out: string;
  readonly backend: TrainingBackend;
  /** Folder of the store, which runs may share; `out/store` by default. */
  readonly store?: string;
  /** Who makes the steps; by default this process, one after the other. */
  readonly createExecutor?: CreateExecutor;
  /** Try again what failed for a reason of its own in an earlier run of the folder. Default: no. */
  readonly retryFailed?: boolean;
  /** When aborted, the run stops after the step it is in, and keeps what is finished. */
  readonly signal?: AbortSignal;
  /** Wall clock; the default is the system's. */
  readonly now?: () => Date;
}

/**
 * Runs a spec: loads data, trains what is not in the store yet (checkers before those that need
 * them), scores every trial on the test rows, and writes all outputs into `out`. Every event is
 * yielded and appended to `out/events.jsonl`. A failed training does not stop the others. The same
 * call again continues: finished trainings are found by their key.
 * @throws CounterweightError for a spec, data or model that cannot be used, before any training.
 */
export async function* runExperiment(
  spec: ResolvedSpec,
  options: RunOptions,
): AsyncGenerator<RunEvent, RunResults> {
  const now = options.now ?? (() => new Date());
  const started = now();
  const prepared = await prepareRun(spec, options.backend);
  const log = await openEventLog(join(options.out, "events.jsonl"), {
    now,
    run: started.toISOString(),
  });
  const store = folderStore(options.store ?? join(options.out, "store"));
  try {
    const run = runPrepared(prepared, store, { ...options, now }, await environmentRecord());
    let next = await run.next();
    try {
      while (next.done !== true) {
        await log.append(next.value);
        yield next.value;
        next = await run.next();
      }
    } finally {
      if (next.done !== true) await closeEarly(run);
    }
    return next.value;
  } finally {
    await store.close();
    await log.close();
  }
}

async function* runPrepared(
  prepared: PreparedRun,
  store: Store,
  options: RunOptions & { readonly now: () => Date },
  environment: EnvironmentRecord,
): AsyncGenerator<RunEvent, RunResults> {
  const { out, backend, signal, now } = options;
  const { spec, benchmarks, plan, modelNotes } = prepared;
  yield { type: "run-start", name: spec.settings.name, trials: plan.trials.length, environment };
  for (const [name, { benchmark, digests, notes }] of benchmarks) {
    yield { type: "data", benchmark: name, rows: rowsByRole(benchmark), digests, notes };
  }
  if (modelNotes.length > 0) yield { type: "model", notes: modelNotes };
  // One list of the store in place of a look for each of perhaps 100,000 steps.
  const present = new Set(await store.keys());
  const listed = { has: async (key: string) => present.has(key) };
  yield {
    type: "plan",
    trainings: await describePlan(plan, listed),
    trials: trialRecords(plan),
    steps: await describeSteps(plan, listed),
    executor: spec.settings.run.executor,
    store: store.folder,
  };
  const ended = yield* runPlan(prepared, {
    ...{ out, store, backend, environment, signal },
    createExecutor: options.createExecutor,
    retryFailed: options.retryFailed === true,
  });
  const results = await collectResults(prepared, ended, store, environment);
  const specText = await writeOutputs(out, results, now());
  if (spec.settings.saveModels) {
    for await (const model of writeModels(out, results, { backend, spec: specText })) {
      yield { type: "model-saved", ...model };
    }
  }
  const { status, outcomes, failures } = results;
  yield {
    type: "run-end",
    status,
    trials: outcomes.length,
    failed: failures.length,
    folder: out,
  };
  return results;
}

/** Reads what the trials found, and their tables. */
async function collectResults(
  { plan, spec, benchmarks, sources, variants, modelNotes }: PreparedRun,
  { finished, failures, stopped }: PlanOutcome,
  store: Store,
  environment: EnvironmentRecord,
): Promise<RunResults> {
  const settingsOf = new Map(variants.map(({ name, spec: own }) => [name, own]));
  const isWhole = !stopped && failures.length === 0;
  const { evaluation, weights } = spec.settings;
  const stored =
    finished.length === plan.trials.length
      ? await storedAggregate(store, plan.aggregate)
      : undefined;
  const outcomes: TrialOutcome[] = [];
  const digests: TrialDigest[] = [];
  for (const planned of finished) {
    const prepared = sources.get(planned.source);
    const settings = settingsOf.get(planned.trial.variant);
    if (prepared === undefined || settings === undefined) continue;
    const read = await readOutcome(planned, { prepared, settings, isWhole }, store);
    outcomes.push(read.outcome);
    if (stored === undefined) digests.push(digestTrial(read.findings, weights.guard));
  }
  const models = finished.filter(({ model }) => model !== undefined).length;
  const kept = outcomes.filter(({ model }) => model !== undefined).length;
  const status: RunStatus =
    stopped && (outcomes.length < plan.trials.length || kept < models)
      ? "stopped"
      : failures.length > 0
        ? "failed"
        : "done";
  const tables = stored ?? (await aggregateTrials(digests, evaluation));
  if (tables === undefined) throw new CounterweightError("internal", "Tables without an end.");
  return {
    ...{ status, spec, benchmarks, environment, modelNotes, outcomes, failures },
    ...tables,
  };
}

/** Tables of all trials; undefined where the step was not made, or its entry was damaged since. */
async function storedAggregate(store: Store, key: string): Promise<Aggregate | undefined> {
  const lookup = await store.read(key);
  return lookup.kind === "found" ? aggregateIn(store, lookup.entry) : undefined;
}
