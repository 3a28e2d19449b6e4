import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { writeFileAtomic } from "@counterweight/base";
import type { Outcome } from "../executor.js";
import { eachLimited } from "../run/each-limited.js";
import { failed } from "../run/make-step.js";
import type { Board } from "./board.js";
import { missingFor } from "./dependencies.js";
import {
  prepareFolder,
  readSubmission,
  removeSubmission,
  type Submission,
  writeSubmission,
} from "./job-files.js";
import { isOfKind, settingRefused } from "./refusal.js";
import {
  groupAlike,
  type JobRequest,
  jobName,
  jobScript,
  quoteForOutput,
  requestOf,
  submitArguments,
} from "./submission.js";
import { becomeSubmitted, becomeWaiting, type TrackedJob, whereOf } from "./tracked-job.js";

/** Files read or written at once. */
const filesAtOnce = 16;

/** Submits whatever can be, needs before what needs them. */
export async function submitReady(board: Board): Promise<void> {
  const fresh = [...board.jobs.values()].filter(({ phase }) => phase === "new");
  await eachLimited(fresh, filesAtOnce, (job) => recover(board, job));
  // Each round gives ids to jobs that others depend on.
  for (;;) {
    const ready = await findReady(board);
    const groups = groupAlike(ready, Math.min(board.arraySize, board.limits.arraySize, 1000));
    for (const group of groups) await submitGroup(board, group);
    if (groups.length === 0) return;
  }
}

/** Finds what an earlier run left of a step: its entry, its job, or a call of `sbatch` cut short. */
async function recover(board: Board, job: TrackedJob): Promise<void> {
  // It may have been found damaged since it was seen: then it is given here to be made anew.
  if (await board.isStillPublished(job.step.key)) return board.end(job, { kind: "found" });
  const submission = await readSubmission(job.files);
  if (submission === undefined) return becomeWaiting(job);
  becomeSubmitted(job, submission);
  job.adopted = true;
  if (submission.job === undefined) job.phase = "unsure";
  else job.on({ type: "queued", where: whereOf(job) });
  board.changed = true;
}

interface Ready {
  readonly job: TrackedJob;
  readonly step: TrackedJob["step"];
  readonly request: JobRequest;
  /** Light steps that are missing now. */
  readonly before: TrackedJob["before"];
}

async function findReady(board: Board): Promise<Ready[]> {
  const { jobs, options } = board;
  const now = Date.now();
  const ready: Ready[] = [];
  for (const job of [...jobs.values()]) {
    if (job.phase !== "waiting" || job.notBefore > now || job.aborted !== false) continue;
    const missing = await missingFor(job, board.isPublished);
    const after = dependenciesOn(board, missing.others);
    if (after === "later") continue;
    if (!Array.isArray(after)) {
      await board.end(job, after);
      continue;
    }
    const { step } = job;
    const kind = options.kinds[step.making.kind] ?? {};
    const request = requestOf(step, options.request, kind, after);
    ready.push({ job, step, request, before: missing.before });
  }
  return ready;
}

/**
 * Ids of the jobs that make steps; `later` while one of them has no id; the outcome where one ended
 * without making it, or nobody here makes it: it was taken for made. None of the steps is in the
 * store: Slurm takes an id that it forgot for one that ended well.
 */
function dependenciesOn(
  { jobs, endedWithout }: Board,
  keys: readonly string[],
): string[] | "later" | Outcome {
  if (keys.some((key) => !jobs.has(key) && endedWithout.has(key))) return { kind: "stopped" };
  const gone = keys.find((key) => !jobs.has(key));
  if (gone !== undefined) return { kind: "input-lost", input: gone, reason: "It is gone." };
  const ids = keys.map((key) => {
    const job = jobs.get(key);
    return job?.phase === "submitted" ? job.submission?.job : undefined;
  });
  const known = ids.filter((id) => id !== undefined);
  return known.length === ids.length ? known : "later";
}

async function submitGroup(board: Board, group: readonly Ready[]): Promise<void> {
  const { options, client } = board;
  const [first] = group;
  if (first === undefined) return;
  const single = group.length === 1;
  const token = randomBytes(8).toString("hex");
  const comment = `${single ? first.step.key : `array-of-${group.length}`}.${token}`;
  const place = join(options.folder, "submissions", token);
  const list = join(place, "list");
  const script = join(place, "job.sh");
  const log = (index: number) =>
    single ? join(first.job.files.folder, `${token}.log`) : join(place, `${index}.log`);
  const submissions = group.map(
    ({ job }, index): Submission => ({
      ...{ comment, index: single ? null : index, attempt: job.attempt, log: log(index) },
    }),
  );
  const initSha256 = await board.initSha256();
  await eachLimited(group.entries(), filesAtOnce, async ([index, { job, step, before }]) => {
    const attempt = job.firstAttempt + job.attempt - 1;
    const order = { step, attempt, before, initSha256 };
    await prepareFolder(job.files, order, { fresh: job.fresh });
    const submission = submissions[index];
    if (submission !== undefined) await writeSubmission(job.files, submission);
  });
  if (!single) {
    await writeFileAtomic(list, `${group.map(({ job }) => job.files.folder).join("\n")}\n`);
  }
  const { command, setup } = options;
  const folder = single ? first.job.files.folder : { list };
  await writeFileAtomic(script, jobScript({ command, setup, folder }));
  const label = single ? first.step.label : `${first.step.making.kind}-x${group.length}`;
  const result = await client.submit(
    submitArguments({
      request: first.request,
      name: jobName(`${options.name}-${label}`),
      ...{ comment, script, cwd: options.cwd, exported: options.export, requeue: options.requeue },
      output: single ? quoteForOutput(log(0)) : join(quoteForOutput(place), "%a.log"),
      array: single
        ? undefined
        : {
            tasks: group.length,
            limit: options.arrayLimit > 0 ? options.arrayLimit : undefined,
          },
    }),
  );
  const refused =
    result.kind === "refused" ? await refusal(board, first, result.message) : undefined;
  await eachLimited(group.entries(), filesAtOnce, async ([index, { job }]) => {
    const intended = submissions[index];
    if (intended === undefined) return;
    if (result.kind === "submitted") {
      const submission = { ...intended, job: single ? result.job : `${result.job}_${index}` };
      await writeSubmission(job.files, submission);
      becomeSubmitted(job, submission);
      board.changed = true;
      return job.on({ type: "queued", where: whereOf(job) });
    }
    if (result.kind === "away") {
      becomeSubmitted(job, intended);
      job.phase = "unsure";
      return;
    }
    await removeSubmission(job.files);
    if (refused !== undefined) return board.end(job, refused);
    const pause = result.kind === "full" && single ? 1000 * Math.max(5, options.pollSeconds) : 0;
    becomeWaiting(job, Date.now() + pause);
  });
  if (result.kind === "submitted") board.fine("full");
  if (result.kind === "array-too-large" || result.kind === "full") {
    // Half as many may still be taken.
    board.arraySize = Math.max(1, Math.floor(group.length / 2));
  }
  if (result.kind === "full") board.warn("full", `Slurm takes no more jobs now: ${result.message}`);
}

/** How jobs end that `sbatch` does not take. */
async function refusal(board: Board, { request, step }: Ready, message: string): Promise<Outcome> {
  const error = await settingRefused(message, request, board.client);
  if (error !== undefined) {
    const outcome = failed(error);
    if (!isOfKind(message, board.options.kinds[step.making.kind])) return outcome;
    // Other kinds of steps ask for something else.
    const { errorKind: _errorKind, ...plain } = outcome;
    return plain;
  }
  return { kind: "failed", message: `sbatch refused the job: ${message}`, again: false };
}
