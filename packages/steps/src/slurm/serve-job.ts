import { appendFile, open, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { CounterweightError, systemCode } from "@counterweight/base";
import type { ExecutorEvent, Outcome, Runner } from "../executor.js";
import { machineRecord } from "../run/machine-record.js";
import { failed } from "../run/make-step.js";
import type { Store } from "../store.js";
import { readInit } from "./init-file.js";
import { type JobFiles, type JobOrder, jobFiles, readOrder, writeExit } from "./job-files.js";
import { type Made, makeOrdered } from "./make-ordered.js";

export interface ServeJobOptions {
  /** From the `init` that the executor was given. It is closed at the end where it can be. */
  readonly openStore: (init: unknown) => Promise<ClosableStore> | ClosableStore;
  readonly createRunner: (init: unknown) => Promise<Runner> | Runner;
  /** For the entry's record; see `EntryRecord`. Default: empty. */
  readonly code?: Readonly<Record<string, unknown>>;
  /** For what the step needs to show on a shared file system. Default 60. */
  readonly needsSeconds?: number;
  /**
   * For the lease of a job that was killed to end, so that the place in the queue is not given up
   * for it. Default 180.
   */
  readonly leaseSeconds?: number;
}

type ClosableStore = Store & { readonly close?: () => Promise<void> };

/**
 * The worker's side of `slurmExecutor`: makes the step that a job's folder orders, and before it the
 * light steps on its way that are still missing, tells of its progress in `events.jsonl`, and leaves `exit.json`. SIGTERM, which Slurm sends before it kills,
 * stops the step so that a later job goes on from where it was.
 * @param folder the argument behind `--job`
 * @returns the exit status for the process: 0 made, 1 failed, 75 to be tried again. Jobs that depend
 * on this one start only after a 0.
 * @throws CounterweightError `usage` for a folder without an order
 */
export async function serveJob(folder: string, options: ServeJobOptions): Promise<number> {
  const files = jobFiles(folder);
  const order = await readOrder(files);
  if (order === undefined) {
    throw new CounterweightError("usage", "there is no order of a step.", {
      where: files.step,
      fix: "Give a folder that the Slurm executor made.",
    });
  }
  // Slurm itself may have started this job a second time.
  await rm(files.exit, { force: true });
  const stop = new AbortController();
  const abort = () => stop.abort();
  for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, abort);
  const job = jobId(process.env);
  const started = new Date().toISOString();
  const events = await eventWriter(files.events);
  let left: Made;
  try {
    left = await work(files, order, options, {
      ...{ where: `job ${job}`, log: join(folder, "step.log") },
      ...{ signal: stop.signal, on: events.write, talk: ownOutput },
    });
  } catch (error) {
    // A disk or network that fails now may work later; a wrong set-up will not.
    const again = systemCode(error) !== undefined;
    left = { outcome: { ...failed(error), again } };
  } finally {
    for (const name of ["SIGTERM", "SIGINT"] as const) process.off(name, abort);
    await events.end();
  }
  const ended = new Date().toISOString();
  await writeExit(files, { ...left, started, ended, node: hostname(), job });
  return exitStatus(left.outcome);
}

function exitStatus({ kind }: Outcome): number {
  if (kind === "made" || kind === "found") return 0;
  return kind === "failed" ? 1 : 75;
}

/** As `squeue` names it: "17", or "17_3" for a task of an array; empty outside Slurm. */
export function jobId(environment: Readonly<Record<string, string | undefined>>): string {
  const { SLURM_ARRAY_JOB_ID: array, SLURM_ARRAY_TASK_ID: task, SLURM_JOB_ID: id } = environment;
  return array !== undefined && task !== undefined ? `${array}_${task}` : (id ?? "");
}

/** Slurm gives a job a file for what it prints; under this name wherever it is. */
const ownOutput = "/proc/self/fd/1";

interface JobRun {
  readonly where: string;
  readonly log: string;
  readonly talk: string;
  readonly signal: AbortSignal;
  readonly on: (event: ExecutorEvent) => void;
}

async function work(
  files: JobFiles,
  order: JobOrder,
  { openStore, createRunner, needsSeconds = 60, leaseSeconds = 180, code = {} }: ServeJobOptions,
  run: JobRun,
): Promise<Made> {
  const init = await readInit(files, order, { patienceSeconds: needsSeconds, ...run });
  const store = await openStore(init);
  try {
    return await makeOrdered(order, {
      ...{ store, createRunner: () => createRunner(init), code, machine: machineRecord() },
      ...{ executor: "slurm", needsSeconds, leaseSeconds, ...run },
    });
  } finally {
    await store.close?.();
  }
}

/** Appends events in whole lines, a few times a second, so that a step waits for no disk. */
async function eventWriter(path: string): Promise<{
  readonly write: (event: ExecutorEvent) => void;
  readonly end: () => Promise<void>;
}> {
  let lines = (await endsInLineBreak(path)) ? "" : "\n";
  let last: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const text = lines;
    lines = "";
    // Progress that cannot be written is no reason to lose the step.
    if (text !== "") last = last.then(() => appendFile(path, text)).catch(() => undefined);
  };
  return {
    write: (event) => {
      lines += `${JSON.stringify(event)}\n`;
      timer ??= setTimeout(flush, 200);
    },
    end: () => {
      flush();
      return last;
    },
  };
}

/** A job that was killed may have left half a line. */
async function endsInLineBreak(path: string): Promise<boolean> {
  const file = await open(path, "r").catch((error) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (file === undefined) return true;
  try {
    const { size } = await file.stat();
    if (size === 0) return true;
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    return buffer[0] === 0x0a;
  } finally {
    await file.close();
  }
}
