import type { ExecutorEvent, Outcome } from "../executor.js";
import type { Step } from "../step.js";
import { eventTail, type JobFiles, jobFiles, type Submission } from "./job-files.js";

/** A step that the executor was given, on its way through Slurm. */
export interface TrackedJob {
  readonly step: Step;
  /** Light steps that it makes on its way, where they are missing; in topological order. */
  readonly before: readonly Step[];
  readonly files: JobFiles;
  /** Number of the try that its first submission is. */
  readonly firstAttempt: number;
  readonly on: (event: ExecutorEvent) => void;
  /** Lines that its job wrote since the last look. */
  readonly tail: () => Promise<ExecutorEvent[]>;
  readonly resolve: (outcome: Outcome) => void;
  /**
   * `new`: what an earlier run left of it is not read yet; `waiting`: to be submitted; `unsure`:
   * handed to `sbatch`, whose answer is missing; `submitted`: Slurm has it; `cancelling`: asked
   * Slurm to end it.
   */
  phase: "new" | "waiting" | "unsure" | "submitted" | "cancelling";
  submission: Submission | undefined;
  /** Submissions that count towards the bound. */
  attempt: number;
  /** The first submission of this `execute`: what earlier ones emitted is removed. */
  fresh: boolean;
  /** Its job is one of an earlier run, whose settings and build may have been others. */
  adopted: boolean;
  /** Whether its signal was aborted, and if so whether for good. */
  aborted: false | "stop" | "withdrawn";
  /** Not to be submitted before this time. */
  notBefore: number;
  /** When Slurm last listed it, and how. */
  listed: { readonly phase: "waiting" | "working"; readonly at: number } | undefined;
  /** Since when it is ended, not listed, unsure or being cancelled. */
  since: number | undefined;
  reason: { readonly text: string; readonly since: number } | undefined;
  /** Since when its files cannot be read. */
  trouble: number | undefined;
}

export function trackedJob(
  step: Step,
  folder: string,
  given: Pick<TrackedJob, "before" | "firstAttempt" | "on" | "resolve">,
): TrackedJob {
  const files = jobFiles(folder);
  return {
    ...{ step, files, tail: eventTail(files), ...given },
    ...{ phase: "new", submission: undefined, attempt: 1, fresh: true },
    ...{ adopted: false, aborted: false },
    ...{ notBefore: 0, listed: undefined, since: undefined, reason: undefined, trouble: undefined },
  };
}

/** Slurm has it now, or had when an earlier run wrote this down. */
export function becomeSubmitted(job: TrackedJob, submission: Submission): void {
  job.submission = submission;
  job.attempt = submission.attempt;
  job.phase = "submitted";
  job.fresh = false;
  job.listed = undefined;
  job.since = undefined;
  job.reason = undefined;
}

/** To be submitted again. */
export function becomeWaiting(job: TrackedJob, notBefore = 0): void {
  job.phase = "waiting";
  job.adopted = false;
  job.submission = undefined;
  job.notBefore = notBefore;
  job.listed = undefined;
  job.since = undefined;
  job.reason = undefined;
}

/** For people, such as `job 17_3`. */
export const whereOf = (job: TrackedJob): string => `job ${job.submission?.job ?? "?"}`;
