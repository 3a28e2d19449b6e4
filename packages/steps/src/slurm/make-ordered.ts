import { hostname } from "node:os";
import type { Outcome, Runner } from "../executor.js";
import { type MakeStepOptions, makeStep } from "../run/make-step.js";
import type { Step } from "../step.js";
import { missingFor } from "./dependencies.js";
import type { ExitRecord, JobOrder } from "./job-files.js";
import { within } from "./within.js";

export interface MakeOrderedOptions extends Omit<MakeStepOptions, "attempt" | "runner"> {
  /** Called once, when all that other jobs make is there. */
  readonly createRunner: () => Promise<Runner> | Runner;
  /** For what other jobs make to show on a shared file system. */
  readonly needsSeconds: number;
  /** For the lease of a job that was killed to end. */
  readonly leaseSeconds: number;
  /** First pause between two looks at a step that another process makes. Default 100. */
  readonly pauseMilliseconds?: number;
}

const stopped = (): Outcome => ({ kind: "stopped" });

export type Made = Pick<ExitRecord, "outcome" | "absentNeed">;

/** Makes what a job's order says: the light steps that are still missing, then the step itself. */
export async function makeOrdered(
  { step, attempt, before = [] }: Pick<JobOrder, "step" | "attempt" | "before">,
  {
    needsSeconds,
    leaseSeconds,
    pauseMilliseconds = 100,
    createRunner,
    ...rest
  }: MakeOrderedOptions,
): Promise<Made> {
  const { store, signal } = rest;
  let missing = await missingFor({ step, before }, store.has);
  const nothingElse = async () => {
    missing = await missingFor({ step, before }, store.has);
    return missing.others.length === 0;
  };
  if (missing.others.length > 0 && !(await within(needsSeconds, signal, nothingElse))) {
    if (signal.aborted) return { outcome: stopped() };
    const [input = ""] = missing.others;
    const reason = `It is not in ${store.folder} on ${hostname()}.`;
    return { outcome: { kind: "input-lost", input, reason }, absentNeed: input };
  }
  const options = { ...rest, runner: await createRunner() };
  for (const light of missing.before) {
    const outcome = await makeLight(light, options, pauseMilliseconds);
    if (outcome.kind === "failed") return { outcome: { ...outcome, before: light.key } };
    if (outcome.kind !== "made" && outcome.kind !== "found") return { outcome };
  }
  let outcome = stopped();
  await within(leaseSeconds, signal, async () => {
    outcome = await makeStep(step, { ...options, attempt });
    return outcome.kind !== "held";
  });
  return { outcome };
}

/**
 * Makes a step that others, the coordinator and further jobs, may be making too: waits until whoever
 * has its lease published it, gave it up or fell silent.
 */
async function makeLight(
  step: Step,
  options: Omit<MakeStepOptions, "attempt">,
  pauseMilliseconds: number,
): Promise<Outcome> {
  let outcome = stopped();
  await within(
    Number.POSITIVE_INFINITY,
    options.signal,
    async () => {
      // What it emits is not of the job's own step.
      outcome = await makeStep(step, { ...options, attempt: 1, on: () => {} });
      return outcome.kind !== "held" && outcome.kind !== "stopped";
    },
    pauseMilliseconds,
  );
  return outcome.kind === "held" ? stopped() : outcome;
}
