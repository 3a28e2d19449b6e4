import type { Outcome } from "../executor.js";
import { eachLimited } from "../run/each-limited.js";
import { failure } from "../run/make-step.js";
import type { Board } from "./board.js";
import { type ExitRecord, readExit, removeSubmission, writeSubmission } from "./job-files.js";
import { judge, type Verdict } from "./judge.js";
import { phaseOf, type QueueRow } from "./queue.js";
import { isOfKind } from "./refusal.js";
import { becomeSubmitted, becomeWaiting, type TrackedJob, whereOf } from "./tracked-job.js";

/** Rows of one look at the queue; undefined where Slurm did not answer. */
type Rows = ReadonlyMap<string, QueueRow> | undefined;

/** One look at all jobs that Slurm has: its queue, then the files that they leave. */
export async function watchJobs(board: Board): Promise<void> {
  const watched = [...board.jobs.values()].filter(
    ({ phase }) => phase !== "new" && phase !== "waiting",
  );
  if (watched.length === 0) return;
  const rows = await lookAtQueue(board);
  await eachLimited(watched, 16, async (job) => {
    try {
      await look(board, job, rows);
      job.trouble = undefined;
    } catch (error) {
      await inTrouble(board, job, error);
    }
  });
  await cancelAgain(board, rows);
}

async function lookAtQueue(board: Board): Promise<Rows> {
  const result = await board.client.queue();
  const patience = board.options.controllerPatienceSeconds;
  if (result.kind === "away") {
    board.awaySince ??= Date.now();
    board.warn(
      "away",
      `Slurm does not answer (${result.message}). Its jobs go on; asked again for ${patience} s.`,
    );
    return undefined;
  }
  if (board.awaySince !== undefined) {
    board.awaySince = undefined;
    board.limits = await board.client.limits();
    // It may have lost jobs: none is taken for cancelled because it is missing.
    for (const job of board.jobs.values()) job.listed = undefined;
  }
  if (board.fine("away")) board.options.onWarning("Slurm answers again.");
  return new Map(result.rows.map((row) => [row.job, row]));
}

async function inTrouble(board: Board, job: TrackedJob, error: unknown): Promise<void> {
  job.trouble ??= Date.now();
  const message = `the files of ${whereOf(job)} cannot be used: ${failure(error)}`;
  board.warn(`trouble ${job.step.key}`, `${job.step.label}: ${message}`);
  if (secondsSince(job.trouble) < board.options.controllerPatienceSeconds) return;
  await board.end(job, { kind: "failed", message, again: true }, "keep");
}

const secondsSince = (time: number | undefined): number =>
  time === undefined ? 0 : (Date.now() - time) / 1000;

async function look(board: Board, job: TrackedJob, rows: Rows): Promise<void> {
  const patience = board.options.controllerPatienceSeconds;
  if (rows === undefined && secondsSince(board.awaySince) >= patience) {
    const message = `Slurm has not answered for ${patience} s; a later run finds ${whereOf(job)} again`;
    return board.end(job, { kind: "failed", message, again: false }, "keep");
  }
  if (job.phase === "unsure" && !(await becomeSure(board, job, rows))) return;
  const { submission } = job;
  if (submission?.job === undefined) return;
  const row = rows?.get(submission.job);
  const phase = row === undefined ? undefined : phaseOf(row.state);
  // A job that waits has written nothing yet.
  const left = phase === "waiting" ? undefined : await ownExit(board, job);
  if (phase !== "waiting") await passOn(job);
  const absent = left?.absentNeed;
  const needsPublished = absent === undefined || (await board.isStillPublished(absent));
  if (absent !== undefined && !needsPublished && !board.jobs.has(absent)) {
    // Nobody here makes it: it was taken for made.
    return board.end(job, { kind: "input-lost", input: absent, reason: "It is gone." });
  }
  const gone = rows !== undefined && (phase === undefined || phase === "ended");
  if (gone && job.phase !== "cancelling") job.since ??= Date.now();
  noteReason(job, row);
  const { minJobAge } = board.limits;
  const verdict = judge(
    {
      ...{ row, answered: rows !== undefined, exit: left, needsPublished },
      published: gone && (await board.isPublished(job.step.key)),
      endedSeconds: secondsSince(job.since),
      reasonSeconds: secondsSince(job.reason?.since),
      waitedJustNow: job.listed?.phase === "waiting" && secondsSince(job.listed.at) < minJobAge - 2,
    },
    board.options,
  );
  if (phase === "waiting" || phase === "working") job.listed = { phase, at: Date.now() };
  if (job.phase === "cancelling") return cancelled(board, job, verdict, gone);
  await act(board, job, verdict);
}

/** Finds out by the comment whether Slurm took a job for which `sbatch` gave no answer. */
async function becomeSure(board: Board, job: TrackedJob, rows: Rows): Promise<boolean> {
  const { submission } = job;
  if (rows === undefined || submission === undefined) return false;
  const ending = submission.index === null ? "" : `_${submission.index}`;
  for (const row of rows.values()) {
    if (row.comment !== submission.comment || !row.job.endsWith(ending)) continue;
    const known = { ...submission, job: row.job };
    await writeSubmission(job.files, known);
    becomeSubmitted(job, known);
    job.on({ type: "queued", where: whereOf(job) });
    return true;
  }
  job.since ??= Date.now();
  const left = await readExit(job.files);
  if (left !== undefined && left.job !== "") {
    // It ran and was forgotten: its id is in its record.
    becomeSubmitted(job, { ...submission, job: left.job });
    return true;
  }
  // A request may still be on its way to a controller that is late.
  if (secondsSince(job.since) < board.options.settleSeconds) return false;
  await removeSubmission(job.files);
  becomeWaiting(job);
  board.changed = true;
  return false;
}

/** The record of this submission; one of an earlier job counts only if it published the step. */
async function ownExit(board: Board, job: TrackedJob): Promise<ExitRecord | undefined> {
  const left = await readExit(job.files);
  if (left === undefined || left.job === "" || left.job === job.submission?.job) return left;
  const { kind } = left.outcome;
  const made = kind === "made" || kind === "found";
  return made && (await board.isPublished(job.step.key)) ? left : undefined;
}

/** Passes on what the job emitted since the last look. */
async function passOn(job: TrackedJob): Promise<void> {
  for (const event of await job.tail()) job.on(event);
}

function noteReason(job: TrackedJob, row: QueueRow | undefined): void {
  if (row === undefined || phaseOf(row.state) !== "waiting") job.reason = undefined;
  else if (job.reason?.text !== row.reason) job.reason = { text: row.reason, since: Date.now() };
}

async function act(board: Board, job: TrackedJob, verdict: Verdict): Promise<void> {
  switch (verdict.kind) {
    case "wait":
    case "working":
      return;
    case "ended":
      return ended(board, job, verdict.outcome);
    case "lost":
      return lost(board, job, verdict.reason);
    case "resubmit":
      await cancelQuietly(board, job);
      board.changed = true;
      return becomeWaiting(job);
    case "refused": {
      // Whoever cancelled it while nobody coordinated did not know of this run.
      if (verdict.cancelled === true && job.adopted && job.listed === undefined) {
        return submitAnew(board, job, verdict.reason);
      }
      await cancelQuietly(board, job);
      const message = `${whereOf(job)}: ${verdict.reason}`;
      // A mistake in the settings ends a run at once.
      const own = isOfKind(verdict.reason, board.options.kinds[job.step.making.kind]);
      const ofEvery = verdict.ofEvery === true && !own;
      const kind = ofEvery ? ({ errorKind: "usage" } as const) : {};
      return board.end(job, { kind: "failed", message, again: false, ...kind, ...logOf(job) });
    }
  }
}

async function ended(board: Board, job: TrackedJob, outcome: Outcome): Promise<void> {
  // The record may have been written after the look at its events.
  await passOn(job);
  if (outcome.kind === "failed" && outcome.errorKind === "usage" && job.adopted) {
    // Such as of a worker that was rebuilt since: says nothing of a job of today's.
    return submitAnew(board, job, outcome.message);
  }
  if (outcome.kind === "failed") return board.end(job, { ...logOf(job), ...outcome });
  const made = outcome.kind === "made" || outcome.kind === "found";
  if (!made || (await board.isPublished(job.step.key))) return board.end(job, outcome);
  // The record came faster over the shared file system than the entry.
  job.since ??= Date.now();
  if (secondsSince(job.since) < 4 * board.options.settleSeconds) return;
  const message =
    `${whereOf(job)} says that the step is in its store, but it is not in ` +
    `${board.options.store.folder}: the node sees another folder under this path`;
  await board.end(job, { kind: "failed", message, again: false, ...logOf(job) });
}

async function lost(board: Board, job: TrackedJob, reason: string): Promise<void> {
  const { resubmissions, onWarning } = board.options;
  const what = `${whereOf(job)} was lost: ${reason}`;
  await cancelQuietly(board, job);
  if (job.attempt > resubmissions) {
    const tries = job.attempt === 1 ? "" : `, the last of ${job.attempt} submissions`;
    const message = `${what}${tries}`;
    return board.end(job, { kind: "failed", message, again: false, ...logOf(job) });
  }
  onWarning(`${job.step.label}: ${what}. It is submitted again.`);
  job.attempt += 1;
  board.changed = true;
  becomeWaiting(job);
}

/** For a job of an earlier run: once, since the next one is no longer of that. */
async function submitAnew(board: Board, job: TrackedJob, reason: string): Promise<void> {
  const { label } = job.step;
  board.options.onWarning(
    `${label}: ${whereOf(job)} of an earlier run: ${reason.replace(/\.$/, "")}. It is submitted again.`,
  );
  await cancelQuietly(board, job);
  board.changed = true;
  becomeWaiting(job);
}

const logOf = (job: TrackedJob): { readonly log?: string } =>
  job.submission === undefined ? {} : { log: job.submission.log };

/** Ends what Slurm may still have of a job that is given up. */
async function cancelQuietly(board: Board, job: TrackedJob): Promise<void> {
  if (job.submission?.job !== undefined && job.listed !== undefined) {
    await board.client.cancel([job.submission.job]);
  }
}

/** After `scancel`: the end is seen, not taken for granted. */
async function cancelled(
  board: Board,
  job: TrackedJob,
  verdict: Verdict,
  gone: boolean,
): Promise<void> {
  if (verdict.kind === "ended") return ended(board, job, verdict.outcome);
  if (gone) return board.end(job, { kind: "stopped" });
  if (secondsSince(job.since) < 60) return;
  board.options.onWarning(`${whereOf(job)} did not end within 60 s of scancel; it is left.`);
  await board.end(job, { kind: "stopped" }, "keep");
}

/** Asks again for what Slurm still has: it says nothing of a request that it did not follow. */
async function cancelAgain(board: Board, rows: Rows): Promise<void> {
  if (rows === undefined) return;
  const ids = [...board.jobs.values()].flatMap(({ phase, submission }) =>
    phase === "cancelling" && submission?.job !== undefined ? [submission.job] : [],
  );
  const live = ids.filter((id) => {
    const row = rows.get(id);
    return row !== undefined && phaseOf(row.state) !== "ended" && row.state !== "COMPLETING";
  });
  await board.client.cancel(live);
}
