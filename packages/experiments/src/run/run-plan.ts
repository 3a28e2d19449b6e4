import { join } from "node:path";
import { type Executor, inProcess, type Runner, runSteps, type Store } from "@counterweight/steps";
import type { Plan } from "../plan/plan.js";
import { createRunner, type RunnerInit } from "../steps/create-runner.js";
import type { TrainingBackend } from "./backend.js";
import { closeEarly } from "./close-early.js";
import { codeOf, type EnvironmentRecord } from "./environment-record.js";
import type { RunEvent } from "./events.js";
import { failureKeeper, readFailures, withoutFailures } from "./known-failures.js";
import { type PlanOutcome, planWatcher } from "./plan-watcher.js";
import type { PreparedRun } from "./prepare-run.js";

/** What executors are made of. */
export interface ExecutorParts {
  readonly store: Store;
  /** What a worker's runner starts with. */
  readonly init: RunnerInit;
  /** The runner of this process. */
  readonly runner: Runner;
  /** What makes the steps, for the records of entries. */
  readonly code: Readonly<Record<string, unknown>>;
  /** Folder of the results. */
  readonly out: string;
  /** Folder for a log file a step. */
  readonly logs: string;
}

export type CreateExecutor = (parts: ExecutorParts) => Executor | Promise<Executor>;

export interface RunPlanOptions {
  readonly out: string;
  readonly store: Store;
  readonly backend: TrainingBackend;
  readonly environment: EnvironmentRecord;
  /** Who makes the steps; this process by default. */
  readonly createExecutor: CreateExecutor | undefined;
  /** Whether steps that failed in an earlier run are tried again. */
  readonly retryFailed: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Makes the steps of a plan that are not in the store, and tells what happens. */
export async function* runPlan(
  prepared: PreparedRun,
  options: RunPlanOptions,
): AsyncGenerator<RunEvent, PlanOutcome> {
  const { plan, sources, spec } = prepared;
  const { out, store, backend, environment, signal } = options;
  const code = codeOf(environment, backend);
  const init: RunnerInit = { sources: plan.sources };
  const runner = createRunner(init, backend, sources);
  const logs = join(out, "logs");
  const parts: ExecutorParts = { store, init, runner, code, out, logs };
  const here = inProcess({ store, runner, code, logs });
  const executor = (await options.createExecutor?.(parts)) ?? here;
  const before = await readFailures(out);
  const known = options.retryFailed ? new Map<string, string>() : before;
  const keeper = failureKeeper(out, before);
  const watch = planWatcher(prepared, store, known);
  try {
    const stream = runSteps(plan.steps, {
      store,
      here: withoutFailures(here, known),
      executor: withoutFailures(executor, known),
      retries: spec.settings.run.retries,
      wanted: wantedKeys(plan),
      ...(signal === undefined ? {} : { signal }),
    });
    let next = await stream.next();
    try {
      while (next.done !== true) {
        if (watch.heed(next.value)) await keeper.note(watch.ownFailures());
        yield* watch.see(next.value);
        const broken = watch.broken();
        if (broken !== undefined) throw broken;
        next = await stream.next();
      }
    } finally {
      if (next.done !== true) {
        await closeEarly(stream);
        // The error on its way says more than another about this file.
        await keeper.settle(watch.ownFailures()).catch(() => undefined);
      }
    }
    await keeper.settle(watch.ownFailures());
    return watch.outcome(next.value.stopped);
  } finally {
    await executor.close();
    if (executor !== here) await here.close();
  }
}

/** Entries that results are made of. */
export function wantedKeys({
  trials,
  aggregate,
}: Pick<Plan, "trials" | "aggregate">): (key: string) => boolean {
  const wanted = new Set([aggregate]);
  for (const { result, members, quality, diversity, evaluate, model } of trials) {
    for (const key of [result, evaluate, ...members, quality, diversity, model]) {
      if (key !== undefined) wanted.add(key);
    }
  }
  return (key) => wanted.has(key);
}
