/** One job, or one task of an array, as `squeue` lists it. */
export interface QueueRow {
  /** "17", or "17_3" for a task of an array. */
  readonly job: string;
  /** Slurm's long state, such as "RUNNING". */
  readonly state: string;
  /** Node names; empty before the start. */
  readonly nodes: string;
  /** Why it waits or how it ended, such as "Resources" or "TimeLimit". */
  readonly reason: string;
  /** The comment given at submission; empty where there was none. */
  readonly comment: string;
}

/** For `squeue --format`: the comment comes last, since it alone may hold the separator. */
export const queueFormat = "%i|%T|%N|%r|%k";

/**
 * Rows of `squeue --noheader --array --format <queueFormat>`; lines that are no such row are left
 * out, since site-wide plugins print notes of their own.
 */
export function parseQueue(output: string): QueueRow[] {
  return output.split("\n").flatMap((line) => {
    const match = /^(\d+(?:_\d+)?)\|([A-Z_]+)\|([^|]*)\|([^|]*)\|(.*)$/.exec(line.trimEnd());
    if (match === null) return [];
    const [, job = "", state = "", nodes = "", reason = "", comment = ""] = match;
    return [{ job, state, nodes, reason, comment: comment === "(null)" ? "" : comment }];
  });
}

const waiting = new Set([
  "PENDING",
  "CONFIGURING",
  "REQUEUED",
  "REQUEUE_FED",
  "REQUEUE_HOLD",
  "RESV_DEL_HOLD",
  "SPECIAL_EXIT",
]);

const ended = new Set([
  "BOOT_FAIL",
  "CANCELLED",
  "COMPLETED",
  "DEADLINE",
  "FAILED",
  "NODE_FAIL",
  "OUT_OF_MEMORY",
  "PREEMPTED",
  "REVOKED",
  "TIMEOUT",
]);

/**
 * Whether a job of this state waits, works (COMPLETING, SUSPENDED and states that later versions
 * may add count as working) or has ended for good.
 */
export function phaseOf(state: string): "waiting" | "working" | "ended" {
  if (ended.has(state)) return "ended";
  return waiting.has(state) ? "waiting" : "working";
}

/** Reasons with which a job waits for ever unless an administrator changes the cluster. */
const hopeless: Readonly<Record<string, string>> = {
  PartitionConfig: "no node of the partition has so many processors or so much memory",
  PartitionNodeLimit: "the partition does not give so many nodes",
  PartitionTimeLimit: "the time limit is longer than the partition allows",
  BadConstraints: "no node meets the constraints",
  AccountNotAllowed: "the account may not use the partition",
  QOSNotAllowed: "the quality of service may not be used here",
  InvalidAccount: "there is no such account",
  InvalidQOS: "there is no such quality of service",
  DeadLine: "its deadline passed",
};

/** Reasons that pass when a node or partition comes back, and may take long to. */
const unavailable =
  /^(ReqNodeNotAvail|PartitionDown|PartitionInactive|NodeDown|Nodes_required_for_job)/;

/** Those of what every step asks for: no other step would be run either. */
const ofEvery = /^(AccountNotAllowed|InvalidAccount|QOSNotAllowed|InvalidQOS)$/;

/** Limits on one job: no other job's end ever lifts them. */
const limitOfOneJob = /^(Assoc|QOS)Max.*(PerJob|PerNode|MinutesPerJob|WallDurationPerJob)/;

/** What a waiting job's reason means for whoever waits for it. */
export function hopeOf(reason: string): { readonly kind: "fine" | "unavailable" | "hopeless" } & {
  readonly why: string;
  /** Whether no other step that asks alike would be run either. */
  readonly ofEvery?: boolean;
} {
  const why = hopeless[reason];
  if (why !== undefined) return { kind: "hopeless", why, ofEvery: ofEvery.test(reason) };
  if (limitOfOneJob.test(reason)) return { kind: "hopeless", why: "a limit on one job's request" };
  if (unavailable.test(reason)) return { kind: "unavailable", why: "nodes are not available" };
  return { kind: "fine", why: "" };
}
