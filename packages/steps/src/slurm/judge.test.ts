import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../executor.js";
import type { ExitRecord } from "./job-files.js";
import { type JobFacts, judge, type Patience } from "./judge.js";

const patience: Patience = { settleSeconds: 15, hopelessSeconds: 30, unavailableSeconds: 1800 };
const states = [
  ...["PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "COMPLETED", "FAILED"],
  ...["CANCELLED", "TIMEOUT", "NODE_FAIL", "PREEMPTED", "OUT_OF_MEMORY", "BOOT_FAIL", "REVOKED"],
];
const reasons = [
  ...["None", "Resources", "PartitionConfig", "ReqNodeNotAvail", "DependencyNeverSatisfied"],
  ...["NonZeroExitCode", "JobLaunchFailure", "TimeLimit", "launch failed requeued held"],
];
const outcomes: Outcome[] = [
  { kind: "made", seconds: 1 },
  { kind: "found" },
  { kind: "stopped" },
  { kind: "held", by: { host: "n1", process: 1, token: 1 } },
  { kind: "failed", message: "no", again: false },
];
const exit = fc
  .record({ outcome: fc.constantFrom(...outcomes) })
  .map(({ outcome }): ExitRecord => ({ outcome, started: "", ended: "", node: "n1", job: "1" }));
const row = fc.record({
  job: fc.constant("1"),
  state: fc.constantFrom(...states),
  nodes: fc.constant(""),
  reason: fc.constantFrom(...reasons),
  comment: fc.constant(""),
});
const seconds = fc.double({ min: 0, max: 4000, noNaN: true });
const facts: fc.Arbitrary<JobFacts> = fc.record({
  row: fc.option(row, { nil: undefined }),
  answered: fc.boolean(),
  exit: fc.option(exit, { nil: undefined }),
  needsPublished: fc.boolean(),
  published: fc.boolean(),
  endedSeconds: seconds,
  reasonSeconds: seconds,
  waitedJustNow: fc.boolean(),
});
const check = (property: (facts: JobFacts) => void) => fc.assert(fc.property(facts, property));
const withRow = (state: string, reason: string, more: Partial<JobFacts> = {}) =>
  judge(
    {
      row: { job: "1", state, nodes: "", reason, comment: "" },
      ...{ answered: true, exit: undefined, needsPublished: true, published: false },
      ...{ endedSeconds: 0, reasonSeconds: 0, waitedJustNow: false },
      ...more,
    },
    patience,
  );

describe("judge", () => {
  it("believes the job's own record before all else", () =>
    check((given) => {
      if (given.exit === undefined || given.exit.outcome.kind === "stopped") return;
      expect(judge(given, patience)).toEqual({ kind: "ended", outcome: given.exit.outcome });
    }));

  it("decides nothing without Slurm's answer and a record", () =>
    check((given) => {
      expect(judge({ ...given, answered: false, exit: undefined }, patience).kind).toBe("wait");
    }));

  it("never gives up a job whose step is in the store, nor one that works", () =>
    check((given) => {
      const { row } = given;
      const ended = judge({ ...given, exit: undefined, answered: true, published: true }, patience);
      if (row === undefined) expect(ended.kind).toBe("ended");
      if (row?.state === "RUNNING") expect(ended.kind).toBe("working");
      if (row?.state === "FAILED" || row?.state === "CANCELLED") expect(ended.kind).toBe("ended");
    }));

  it("comes to a decision on every job that is no longer alive", () =>
    check((given) => {
      const late = { ...given, answered: true, endedSeconds: 16 };
      if (given.row !== undefined && !/^(CANC|TIME|NODE|FAIL|COMPLETED)/.test(given.row.state)) {
        return;
      }
      expect(["wait", "working"]).not.toContain(judge(late, patience).kind);
    }));

  it("tells losses, a person's wish and waits in vain apart", () => {
    expect(withRow("TIMEOUT", "TimeLimit").kind).toBe("lost");
    expect(withRow("PREEMPTED", "None").kind).toBe("lost");
    expect(withRow("FAILED", "JobLaunchFailure").kind).toBe("lost");
    expect(withRow("CANCELLED", "None").kind).toBe("refused");
    expect(withRow("CANCELLED", "DependencyNeverSatisfied").kind).toBe("resubmit");
    expect(withRow("FAILED", "NonZeroExitCode").kind).toBe("wait");
    expect(withRow("FAILED", "NonZeroExitCode", { endedSeconds: 15 }).kind).toBe("lost");
    expect(withRow("PENDING", "PartitionConfig").kind).toBe("wait");
    expect(withRow("PENDING", "PartitionConfig", { reasonSeconds: 30 }).kind).toBe("refused");
    expect(withRow("PENDING", "ReqNodeNotAvail", { reasonSeconds: 30 }).kind).toBe("wait");
    expect(withRow("PENDING", "Priority", { reasonSeconds: 1e9 }).kind).toBe("wait");
  });

  it("sends a job that came before its need back, and one that never sees it only so often", () => {
    const outcome: Outcome = { kind: "input-lost", input: "k", reason: "It is not there." };
    const left = { outcome, started: "", ended: "", node: "n1", job: "1", absentNeed: "k" };
    const early = { exit: left, needsPublished: false };
    expect(withRow("FAILED", "NonZeroExitCode", early).kind).toBe("resubmit");
    expect(withRow("FAILED", "NonZeroExitCode", { exit: left }).kind).toBe("lost");
  });

  it("takes a job that vanished while it waited for cancelled, any other for lost", () => {
    const gone = { row: undefined, endedSeconds: 15 };
    expect(withRow("", "", { ...gone, waitedJustNow: true }).kind).toBe("refused");
    expect(withRow("", "", gone).kind).toBe("lost");
  });
});
