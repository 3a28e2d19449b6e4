import type { Table } from "@counterweight/evaluation";
import type { PreparedRun } from "@counterweight/experiments";
import { counted, formatBytes, formatCount, formatDuration, shortKey } from "../words.js";
import type { PlanFacts } from "./plan-facts.js";

/** Steps by kind: how many there are, are in the store, and are to be made. */
export function kindsTable({ kinds, estimate }: PlanFacts): Table {
  const mark = estimate.guess ? "~" : "";
  const elsewhere = kinds.some((kind) => kind.elsewhere > 0);
  return {
    columns: [
      { title: "steps", align: "left" },
      { title: "all", align: "right" },
      { title: "cached", align: "right" },
      ...(elsewhere ? [{ title: "elsewhere", align: "right" } as const] : []),
      { title: "to run", align: "right" },
      { title: "work", align: "right" },
    ],
    rows: kinds.map((kind) => [
      kind.kind,
      formatCount(kind.all),
      formatCount(kind.cached),
      ...(elsewhere ? [formatCount(kind.elsewhere)] : []),
      formatCount(kind.toRun),
      kind.toRun + kind.elsewhere === 0
        ? ""
        : kind.seconds === undefined
          ? "unknown"
          : `${mark}${formatDuration(kind.seconds)}`,
    ]),
  };
}

/** What sharing and the store save, and how long the rest takes. */
export function planSummary(facts: PlanFacts): string[] {
  const { trials, trainings } = facts;
  const { all, cached, toRun, alone, avoided } = trainings;
  return [
    `${counted(avoided, "training")} avoided: ${counted(trials, "trial")} would need ${formatCount(alone)} trainings on their own.`,
    `${counted(all, "training")} planned, ${formatCount(cached)} cached, ${formatCount(toRun)} to run.`,
    ...estimateLines(facts),
  ];
}

function estimateLines({ estimate, kinds, executor, workers }: PlanFacts): string[] {
  const toMake = estimate.costs.size;
  if (toMake === 0) return ["Nothing to run: every result is in the store."];
  const { guess, unknownSteps, workSeconds, makespanSeconds, peakMemoryBytes } = estimate;
  if (unknownSteps === toMake) {
    return ["No estimate: no step of these kinds was made on this machine yet."];
  }
  const mark = guess ? "~" : "";
  const place = executor === "slurm" ? "job" : executor === "pool" ? "worker" : "process";
  const many = `${counted(workers, place)}`.replace("processs", "processes");
  const memory =
    peakMemoryBytes === undefined
      ? ""
      : `, at most ${mark}${formatBytes(peakMemoryBytes)} of memory`;
  const without = kinds.filter(({ seconds, toRun }) => seconds === undefined && toRun > 0);
  return [
    `${guess ? "A guess" : "Estimate"}: ${mark}${formatDuration(workSeconds)} of work, ${mark}${formatDuration(makespanSeconds)} on ${many}${memory}.`,
    ...(guess
      ? ["  ~: steps of other shapes stand in for some that were not made on this machine yet."]
      : []),
    ...(unknownSteps === 0
      ? []
      : [
          `  Not counted: ${counted(unknownSteps, "step")} of kinds not made on this machine yet (${without.map(({ kind }) => kind).join(", ")}).`,
        ]),
  ];
}

/** One row a trial. */
export function trialsTable({ plan }: PreparedRun, facts: PlanFacts): Table {
  const states = new Map(facts.steps.map(({ step, state }) => [step.key, state]));
  const swept = plan.trials.some(({ trial }) => trial.variant !== "");
  return {
    columns: [
      { title: "#", align: "right" },
      { title: "benchmark", align: "left" },
      ...(swept ? [{ title: "variant", align: "left" } as const] : []),
      { title: "generated", align: "left" },
      { title: "fraction", align: "right" },
      { title: "seed", align: "right" },
      { title: "method", align: "left" },
      { title: "training", align: "left" },
      { title: "state", align: "left" },
    ],
    rows: plan.trials.map(({ trial, members, evaluate }, index) => [
      String(index + 1),
      trial.benchmark,
      ...(swept ? [trial.variant] : []),
      trial.generated,
      String(trial.checkerFraction),
      String(trial.seed),
      trial.method,
      members.map(shortKey).join(" "),
      states.get(evaluate) ?? "to run",
    ]),
  };
}
