import { at } from "@counterweight/base";
import type { Step } from "../step.js";
import { costModel, type StepCost } from "./cost-model.js";
import { createHeap } from "./heap.js";
import type { Measurement } from "./measurements.js";
import { graphOf, type StepGraph, stepRanks } from "./step-graph.js";

export interface EstimateOptions {
  /** Keys that need not be made: `FoundSteps.found` and `unneeded`. */
  readonly isDone: (key: string) => boolean;
  /** Of this machine: see `collectMeasurements`. */
  readonly measured: readonly Measurement[];
  /** Where the steps of place "executor" are to run. */
  readonly executor: { readonly name?: string; readonly workers: number };
}

/** How long a plan takes and what memory it needs. */
export interface Estimate {
  /** Wall time of the whole, as the scheduler would run it. Unknown steps count as nothing. */
  readonly makespanSeconds: number;
  /** Of all steps, one after the other. */
  readonly workSeconds: number;
  /** Of all processes at once, at the worst; undefined where no step's memory is known. */
  readonly peakMemoryBytes: number | undefined;
  /** Whether a shape was never measured here, so that another's time stands in for it. */
  readonly guess: boolean;
  /** Steps of kinds that were never measured here. */
  readonly unknownSteps: number;
  /** By key, of the steps to be made; undefined where unknown. */
  readonly costs: ReadonlyMap<string, StepCost | undefined>;
}

/**
 * What making the rest of a plan costs, from what steps of equal shape cost before: list scheduling
 * in the scheduler's own order on `workers` places, with one more for steps of place "here".
 */
export function estimate(
  plan: readonly Step[] | StepGraph,
  { isDone, measured, executor }: EstimateOptions,
): Estimate {
  const graph = graphOf(plan);
  const model = costModel(measured, executor.name);
  const costs = new Map<string, StepCost | undefined>();
  const seconds = new Float64Array(graph.steps.length);
  const peaks: Record<Step["place"], number[]> = { executor: [], here: [] };
  let workSeconds = 0;
  let unknownSteps = 0;
  let guess = false;
  for (const [index, step] of graph.steps.entries()) {
    if (isDone(step.key)) continue;
    const cost = model(step);
    costs.set(step.key, cost);
    if (cost === undefined) {
      unknownSteps += 1;
      continue;
    }
    seconds[index] = cost.seconds;
    workSeconds += cost.seconds;
    guess ||= cost.guess;
    if (cost.peakMemoryBytes !== undefined) peaks[step.place].push(cost.peakMemoryBytes);
  }
  // A worker kept between steps may keep its memory: the largest may stand side by side.
  const largest = [
    ...peaks.executor.sort((left, right) => right - left).slice(0, executor.workers),
    ...peaks.here.sort((left, right) => right - left).slice(0, 1),
  ];
  return {
    // Where nothing is known there is no order to find.
    makespanSeconds:
      workSeconds === 0 ? 0 : simulate(graph, (_, index) => at(seconds, index), executor.workers),
    workSeconds,
    peakMemoryBytes:
      largest.length === 0 ? undefined : largest.reduce((sum, each) => sum + each, 0),
    guess,
    unknownSteps,
    costs,
  };
}

/**
 * The time at which the last step ends when each place takes, as soon as it is free, the ready step
 * that others wait for longest. Seconds of steps that are done are 0.
 */
export function simulate(
  graph: StepGraph,
  secondsOf: (step: Step, index: number) => number,
  workers: number,
): number {
  const { steps, needs, dependants } = graph;
  const ranks = stepRanks(graph, secondsOf);
  const missing = needs.map((own) => own.length);
  const places = { here: 1, executor: Math.max(1, workers) };
  const queue = () => createHeap<number>((left, right) => at(ranks, left) < at(ranks, right));
  const ready = { here: queue(), executor: queue() };
  const running = createHeap<{ readonly index: number; readonly end: number }>(
    (left, right) => left.end < right.end || (left.end === right.end && left.index < right.index),
  );
  for (const [index, { place }] of steps.entries()) {
    if (missing[index] === 0) ready[place].push(index);
  }
  let now = 0;
  for (;;) {
    for (const place of ["here", "executor"] as const) {
      while (places[place] > 0) {
        const index = ready[place].pop();
        if (index === undefined) break;
        places[place] -= 1;
        running.push({ index, end: now + secondsOf(at(steps, index), index) });
      }
    }
    const ended = running.pop();
    if (ended === undefined) return now;
    now = ended.end;
    places[at(steps, ended.index).place] += 1;
    for (const dependant of at(dependants, ended.index)) {
      const left = at(missing, dependant) - 1;
      missing[dependant] = left;
      if (left === 0) ready[at(steps, dependant).place].push(dependant);
    }
  }
}
