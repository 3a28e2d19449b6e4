import { CounterweightError } from "@counterweight/base";
import type { ExecutorEvent, Outcome, Runner } from "../executor.js";
import type { Step } from "../step.js";
import type { Entry, Lease, MachineRecord, Store } from "../store.js";
import { type AttemptLog, attemptLog } from "./attempt-log.js";
import { measurePeakMemory } from "./peak-memory.js";
import { stepLog } from "./step-log.js";
import { type TimeSpent, timeSpent } from "./time-spent.js";

/** What an attempt at a step takes, wherever it runs. */
export interface MakeStepOptions {
  readonly store: Store;
  readonly runner: Runner;
  /** Name of the executor, for the entry's record. */
  readonly executor: string;
  /** For people: "in-process", "worker 2", "job 17_3". */
  readonly where: string;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly on: (event: ExecutorEvent) => void;
  /** What made it: code version, git commit and dirty flag, package versions. */
  readonly code: Readonly<Record<string, unknown>>;
  readonly machine: MachineRecord;
  /** File that gets the step's start, progress now and then, end, and an error's stack. */
  readonly log?: string;
  /**
   * File that takes what this process writes on its standard output and error: the entry's log gets
   * what comes meanwhile.
   */
  readonly talk?: string;
}

/**
 * One attempt at a step: claims its lease, runs it, and publishes what it made. All executors end
 * here, in whatever process. Never rejects for the step's own failure.
 * @throws what the store throws where it cannot be used at all.
 */
export async function makeStep(step: Step, options: MakeStepOptions): Promise<Outcome> {
  const { store, signal, on, where, attempt } = options;
  if (signal.aborted) return { kind: "stopped" };
  const claim = await store.claim(step.key);
  if (claim.kind === "published") return { kind: "found" };
  if (claim.kind === "held") return { kind: "held", by: claim.by };
  const { lease } = claim;
  const log = await attemptLog(lease.work, options);
  if (lease.takenFrom !== undefined) {
    const { silentSeconds, ...from } = lease.takenFrom;
    on({ type: "taken-over", from, silentSeconds });
    log.line(`taken over from process ${from.process}, silent for ${silentSeconds.toFixed(1)} s`);
  }
  on({ type: "started", where });
  log.line(`${step.label}: attempt ${attempt} (${where}), key ${step.key}`);
  let outcome: Outcome = { kind: "stopped" };
  const clock = await timeSpent(lease.work);
  try {
    outcome = await work(step, options, lease, clock, log);
  } finally {
    const isOver = outcome.kind === "made" || outcome.kind === "found";
    await clock.end(!isOver);
    await log.end(isOver ? undefined : endLine(outcome));
    // A lease that cannot be given back ends by itself.
    await lease.release().catch(() => undefined);
  }
  stepLog(options.log).line(endLine(outcome));
  return outcome.kind === "failed" && options.log !== undefined
    ? { ...outcome, log: options.log }
    : outcome;
}

/** Runs the step and publishes it, and says how that went. */
async function work(
  step: Step,
  { store, runner, signal, on, executor, attempt, code, machine }: MakeStepOptions,
  lease: Lease,
  clock: TimeSpent,
  log: AttemptLog,
): Promise<Outcome> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  // Not AbortSignal.any: a sweep's signal outlives thousands of steps.
  for (const cause of [signal, lease.lost]) {
    if (cause.aborted) abort();
    cause.addEventListener("abort", abort, { once: true });
  }
  const inputs = inputReader(step, store);
  const started = new Date();
  const peak = measurePeakMemory();
  try {
    const end = await runner(step, {
      store,
      draft: lease.draft,
      work: lease.work,
      signal: stop.signal,
      emit: (event) => {
        log.progress(event);
        on({ type: "progress", event });
      },
      input: inputs.read,
    });
    if (end.kind === "stopped") return { kind: "stopped" };
    const seconds = clock.seconds();
    log.line(`ready after ${seconds.toFixed(2)} s of work`);
    const published = await lease.publish({
      making: step.making,
      record: {
        started: started.toISOString(),
        ended: new Date().toISOString(),
        seconds,
        peakMemoryBytes: peak(),
        label: step.label,
        cost: step.cost,
        threads: step.resources.threads,
        ...{ code, machine, executor, attempt },
      },
      result: end.result,
      log: await log.whole(),
    });
    if (published === "published") return { kind: "made", seconds };
    return { kind: published === "already" ? "found" : "stopped" };
  } catch (error) {
    log.line(error instanceof Error ? (error.stack ?? error.message) : String(error));
    // What fails after the signal fails because of it: a later attempt tells.
    if (stop.signal.aborted || !(await lease.stillMine().catch(() => true))) {
      return { kind: "stopped" };
    }
    return (await inputs.lost(error).catch(() => undefined)) ?? failed(error);
  } finally {
    for (const cause of [signal, lease.lost]) cause.removeEventListener("abort", abort);
  }
}

type InputLost = Extract<Outcome, { kind: "input-lost" }>;

/** Reads a step's inputs, and finds the one that a failure is about. */
function inputReader(step: Step, store: Store) {
  const needs = new Set(step.needs);
  const used = new Set<string>();
  let missing: InputLost | undefined;
  const look = async (key: string, afresh: boolean): Promise<Entry | InputLost> => {
    const lookup = await store.read(key, { afresh });
    if (lookup.kind === "found") return lookup.entry;
    if (lookup.kind === "absent") return { kind: "input-lost", input: key, reason: "It is gone." };
    const { reason, movedTo } = lookup;
    return { kind: "input-lost", input: key, reason, movedTo };
  };
  return {
    read: async (key: string): Promise<Entry> => {
      if (!needs.has(key)) {
        throw new CounterweightError(
          "internal",
          `${step.label} reads ${key} but does not need it.`,
        );
      }
      used.add(key);
      const found = await look(key, false);
      if (!("kind" in found)) return found;
      missing = found;
      throw new CounterweightError("data", `an input is lost: ${found.reason}`, { where: key });
    },
    /** The input that is lost, also where it was damaged only after it had been proven. */
    lost: async (error: unknown): Promise<InputLost | undefined> => {
      if (missing !== undefined) return missing;
      if (error instanceof CounterweightError && error.kind === "training") return undefined;
      for (const key of used) {
        const found = await look(key, true);
        if ("kind" in found) return found;
      }
      return undefined;
    },
  };
}

/** A failure that would come again. */
export const failed = (error: unknown): Extract<Outcome, { kind: "failed" }> => ({
  kind: "failed",
  message: failure(error),
  again: false,
  ...(error instanceof CounterweightError ? { errorKind: error.kind } : {}),
});

/** A failure in a line; an unexpected one says so, since its stack is what helps. */
export function failure(error: unknown): string {
  if (error instanceof CounterweightError) return error.message;
  return `Unexpected: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
}

function endLine(outcome: Outcome): string {
  switch (outcome.kind) {
    case "made":
      return `made in ${outcome.seconds.toFixed(2)} s`;
    case "failed":
      return `failed: ${outcome.message}`;
    case "input-lost":
      return `its input ${outcome.input} is lost: ${outcome.reason}`;
    case "found":
      return "published by another process meanwhile";
    case "held":
    case "stopped":
      return outcome.kind;
  }
}
