import type { Executor, Outcome } from "../executor.js";
import { failure } from "../run/make-step.js";
import { withdrawn } from "../run/withdrawn.js";
import { createAlarm } from "./alarm.js";
import { type Board, createBoard, jobFolder } from "./board.js";
import { slurmClient } from "./client.js";
import { resolveOptions, type SlurmOptions } from "./options.js";
import { submitReady } from "./submit.js";
import { type TrackedJob, trackedJob } from "./tracked-job.js";
import { watchJobs } from "./watch.js";

/** Time in which steps that come one after the other are gathered into arrays. */
const gatherMilliseconds = 20;

/** The longest time between two looks. */
const longestPollSeconds = 10;

/**
 * Makes each step in a job of Slurm; steps alike share an array. Steps may be given before what they
 * need is made: their jobs depend on one another, and make the light steps between themselves, so
 * that the queue goes on without this process. It keeps its jobs' ids in `folder`, so that after
 * a kill a new executor on the same folder goes on with the same jobs. Of Slurm it needs `sbatch`,
 * `squeue`, `scancel` and `scontrol show config`, and no accounting.
 * @throws CounterweightError `usage` for a folder or flags that cannot be used
 */
export function slurmExecutor(options: SlurmOptions): Executor {
  const resolved = resolveOptions(options);
  const { pollSeconds, commandTimeoutSeconds } = resolved;
  const board = createBoard(resolved, slurmClient(resolved.run, commandTimeoutSeconds * 1000));
  const running = new Map<string, Promise<Outcome>>();
  let loop: Promise<void> | undefined;
  let closed = false;
  const alarm = createAlarm(gatherMilliseconds);

  async function work(): Promise<void> {
    board.limits = await board.client.limits();
    let interval = pollSeconds;
    let nextLook = 0;
    await alarm.sleep(gatherMilliseconds);
    while (board.jobs.size > 0 && !closed) {
      await handleAborts(board);
      await submitReady(board);
      if (Date.now() >= nextLook) {
        await watchJobs(board);
        // Slurm forgets jobs after a while, with their reasons.
        const forgets = Math.max(1, board.limits.minJobAge / 3);
        const longest = Math.max(pollSeconds, Math.min(longestPollSeconds, forgets));
        interval = Math.min(interval * 1.25, longest);
        nextLook = Date.now() + interval * 1000;
      }
      if (board.changed) {
        board.changed = false;
        interval = pollSeconds;
        nextLook = Math.min(nextLook, Date.now() + interval * 1000);
        // What waited for it may go now.
        continue;
      }
      if (board.jobs.size > 0) await alarm.sleep(nextLook - Date.now());
    }
  }

  /** Keeps one loop going while there are jobs. */
  function start(): void {
    loop ??= work()
      .catch(async (error) => {
        const outcome: Outcome = { kind: "failed", message: failure(error), again: false };
        for (const job of [...board.jobs.values()]) await board.end(job, outcome, "keep");
      })
      .finally(() => {
        loop = undefined;
        if (board.jobs.size > 0 && !closed) start();
      });
  }

  return {
    name: "slurm",
    capacity: resolved.maxQueued,
    takesWaiting: true,
    execute(step, { signal, on, attempt = 1, before = [] }) {
      const already = running.get(step.key);
      if (already !== undefined) return already;
      if (closed || signal.aborted) return Promise.resolve({ kind: "stopped" });
      let abort = () => {};
      const ended = new Promise<Outcome>((resolve) => {
        const given = { before, firstAttempt: attempt, on, resolve };
        const job = trackedJob(step, jobFolder(resolved, step.key), given);
        abort = () => {
          job.aborted = signal.reason === withdrawn ? "withdrawn" : "stop";
          alarm.ring();
        };
        board.jobs.set(step.key, job);
        board.endedWithout.delete(step.key);
      }).finally(() => {
        signal.removeEventListener("abort", abort);
        running.delete(step.key);
      });
      signal.addEventListener("abort", abort, { once: true });
      running.set(step.key, ended);
      start();
      alarm.ring();
      return ended;
    },
    async close() {
      closed = true;
      alarm.ring();
      await loop;
      for (const job of [...board.jobs.values()]) await board.end(job, { kind: "stopped" }, "keep");
    },
  };
}

/** Lets go of the jobs whose signal was aborted, or has Slurm end them. */
async function handleAborts(board: Board): Promise<void> {
  const aborted = [...board.jobs.values()].filter((job) => job.aborted !== false);
  const toCancel: TrackedJob[] = [];
  for (const job of aborted) {
    if (job.phase === "cancelling") continue;
    // What waits for a step that will not be made is of no use to a later run either.
    const cancel = job.aborted === "withdrawn" || board.options.onAbort === "cancel";
    if (job.phase === "submitted" && cancel) toCancel.push(job);
    else await board.end(job, { kind: "stopped" }, "keep");
  }
  for (const job of toCancel) {
    job.phase = "cancelling";
    job.since = Date.now();
  }
  await board.client.cancel(toCancel.flatMap((job) => job.submission?.job ?? []));
}
