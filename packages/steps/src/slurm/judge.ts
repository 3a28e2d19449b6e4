import type { Outcome } from "../executor.js";
import type { ExitRecord } from "./job-files.js";
import { hopeOf, phaseOf, type QueueRow } from "./queue.js";

/** All that is known of a submitted job at one look. */
export interface JobFacts {
  /** Its row; undefined where Slurm does not list it (any more). */
  readonly row: QueueRow | undefined;
  /** Whether Slurm answered at this look; where not, `row` says nothing. */
  readonly answered: boolean;
  /** What the job itself left at its end. */
  readonly exit: ExitRecord | undefined;
  /** Whether all that its step needs is in the store; looked up only where `exit` misses a need. */
  readonly needsPublished: boolean;
  /** Whether its step is in the store; looked up only where the job has no live row. */
  readonly published: boolean;
  /** Seconds since it was first seen ended or not listed. */
  readonly endedSeconds: number;
  /** Seconds for which it has been waiting with its present reason. */
  readonly reasonSeconds: number;
  /**
   * Seen waiting at the look before, so shortly ago that Slurm cannot have forgotten a job that
   * ran and ended meanwhile.
   */
  readonly waitedJustNow: boolean;
}

/** How long to wait before judging, in seconds. */
export interface Patience {
  /** For a record to show on a shared file system after the job ended. */
  readonly settleSeconds: number;
  /** With a reason that never passes. */
  readonly hopelessSeconds: number;
  /** With nodes or partition not available. */
  readonly unavailableSeconds: number;
}

export type Verdict =
  | { readonly kind: "wait" }
  | { readonly kind: "working" }
  | { readonly kind: "ended"; readonly outcome: Outcome }
  /** Slurm lost, killed or preempted it: to be submitted again, a bounded number of times. */
  | { readonly kind: "lost"; readonly reason: string }
  /** It never got to work, through no fault of its own: to be submitted again, uncounted. */
  | { readonly kind: "resubmit"; readonly reason: string }
  /**
   * It will not be run: a person or a limit says so; `ofEvery`: nor would others that ask alike;
   * `cancelled`: it was a person.
   */
  | {
      readonly kind: "refused";
      readonly reason: string;
      readonly ofEvery?: boolean;
      readonly cancelled?: boolean;
    };

/**
 * Decides on a submitted job from what is known. The job's own record goes before the store, the
 * store before Slurm's state, since Slurm forgets jobs and calls a published step's killed job
 * FAILED.
 */
export function judge(facts: JobFacts, patience: Patience): Verdict {
  const { row, exit } = facts;
  if (exit?.absentNeed !== undefined) {
    // Slurm takes a job that it forgot for one that ended well. Where the need is there by now, it
    // came late, or the node never sees it: tried again, but not for ever.
    return facts.needsPublished
      ? { kind: "lost", reason: `it did not find step ${exit.absentNeed} in its store` }
      : { kind: "resubmit", reason: `it started before step ${exit.absentNeed} was made` };
  }
  // Whoever ended a job that says "stopped" is known to Slurm alone.
  if (exit !== undefined && exit.outcome.kind !== "stopped") {
    return { kind: "ended", outcome: exit.outcome };
  }
  if (!facts.answered) return { kind: "wait" };
  if (row === undefined) return judgeUnlisted(facts, patience);
  const phase = phaseOf(row.state);
  if (phase === "waiting") return judgeWaiting(row, facts, patience);
  if (phase === "working") return { kind: "working" };
  return judgeEnded(row, facts, patience);
}

function judgeWaiting(row: QueueRow, facts: JobFacts, patience: Patience): Verdict {
  if (row.reason === "DependencyNeverSatisfied") {
    return { kind: "resubmit", reason: "a job it depends on did not end well" };
  }
  if (/launch.failed|JobHoldMaxRequeue|JobLaunchFailure/i.test(row.reason)) {
    return { kind: "lost", reason: `it could not be started (${row.reason})` };
  }
  const hope = hopeOf(row.reason);
  const limits = {
    fine: Number.POSITIVE_INFINITY,
    unavailable: patience.unavailableSeconds,
    hopeless: patience.hopelessSeconds,
  };
  if (facts.reasonSeconds < limits[hope.kind]) return { kind: "wait" };
  const reason = `Slurm cannot run it: ${row.reason} (${hope.why})`;
  return { kind: "refused", reason, ...(hope.ofEvery === true ? { ofEvery: true } : {}) };
}

function judgeEnded(row: QueueRow, facts: JobFacts, patience: Patience): Verdict {
  if (facts.published) return { kind: "ended", outcome: { kind: "found" } };
  const state = `${row.state}${row.reason === "None" ? "" : `, ${row.reason}`}`;
  if (row.state === "CANCELLED") {
    return row.reason === "DependencyNeverSatisfied"
      ? { kind: "resubmit", reason: "a job it depends on did not end well" }
      : { kind: "refused", reason: `it was cancelled in Slurm (${state})`, cancelled: true };
  }
  if (row.reason === "BadConstraints") {
    return { kind: "refused", reason: `Slurm cannot run it: ${state}` };
  }
  // A process that came to its end wrote its record, which may not be seen here yet.
  const byItself = row.state === "COMPLETED" || row.reason === "NonZeroExitCode";
  if (byItself && facts.exit === undefined && facts.endedSeconds < patience.settleSeconds) {
    return { kind: "wait" };
  }
  const what = byItself ? "it ended without a record" : "Slurm ended it";
  return { kind: "lost", reason: `${what} (${state})` };
}

function judgeUnlisted(facts: JobFacts, patience: Patience): Verdict {
  if (facts.published) return { kind: "ended", outcome: { kind: "found" } };
  // Tasks of an array that are cancelled while they wait vanish at once.
  if (facts.waitedJustNow) {
    return { kind: "refused", reason: "it was cancelled in Slurm while it waited" };
  }
  if (facts.endedSeconds < patience.settleSeconds) return { kind: "wait" };
  return { kind: "lost", reason: "Slurm knows it no longer and it left no record" };
}
