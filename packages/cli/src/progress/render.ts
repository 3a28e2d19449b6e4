import { counted, cut, formatBytes, formatDuration } from "../words.js";
import {
  type ProgressState,
  type RunningStep,
  rowsPerSecond,
  runningTrainings,
  runSecondsLeft,
  trainingCounts,
  trainingSecondsLeft,
} from "./state.js";
import { runningTree } from "./tree.js";

/** What the live lines show beside the state. */
export interface RenderOptions {
  /** Columns; without end where absent. */
  readonly width?: number;
  /** Milliseconds since 1970. */
  readonly now?: number;
  /** Resident bytes of this process and those it started. */
  readonly memory?: number | undefined;
}

/** Steps other than trainings that take longer than this are shown, in milliseconds. */
const worthALine = 2000;

/**
 * The live lines, none wider than `width` columns: one for the only training of a run in this
 * process; where several run, a tree of them, and below it what is done and what waits.
 */
export function renderProgress(
  state: ProgressState,
  { width = Number.POSITIVE_INFINITY, now = 0, memory }: RenderOptions = {},
): string[] {
  const trainings = runningTrainings(state);
  const others = [...state.running.values()].filter(
    ({ place, since }) => place === 0 && now - since > worthALine,
  );
  if (state.executor === "in-process" && trainings.length <= 1) {
    const lines = trainings.map((training) => describe(training, state));
    return [...lines, ...others.map((step) => other(step, now))].map((line) => cut(line, width));
  }
  const tree = runningTree(trainings, width);
  const rest = others.map((step) => `${step.where}  ${other(step, now)}`);
  if (state.planned.length === 0) return rest.map((line) => cut(line, width));
  return [...tree, ...rest, queueLine(state, memory)].map((line) => cut(line, width));
}

const other = ({ label, since }: RunningStep, now: number): string =>
  `${label}, for ${formatDuration((now - since) / 1000)}`;

function describe(training: RunningStep, state: ProgressState): string {
  const { label, place, epoch, step, steps, loss } = training;
  const speed = rowsPerSecond(training);
  const left = trainingSecondsLeft(training);
  const all = runSecondsLeft(state);
  return [
    `[${place}/${state.planned.length}] ${label}`,
    ...(epoch === undefined ? [] : [`epoch ${epoch}`]),
    `step ${step}/${steps}`,
    ...(loss === undefined ? [] : [`loss ${loss.toFixed(4)}`]),
    ...(speed === undefined ? [] : [`${Math.round(speed)} rows/s`]),
    ...(left === undefined ? [] : [`${formatDuration(left)} left`]),
    ...(all === undefined || all === left ? [] : [`run ${formatDuration(all)} left`]),
  ].join("  ");
}

/** `12 of 40 trainings done, 2 running, 25 waiting, 1 failed  about 3:40 left  1.2 GB`. */
export function queueLine(state: ProgressState, memory?: number): string {
  const { all, done, running, waiting, failed, skipped } = trainingCounts(state);
  const over = running + waiting === 0;
  const left = over ? undefined : runSecondsLeft(state);
  const queued = state.queued.size;
  const counts = [
    `${done} of ${counted(all, "training")} done`,
    over ? "writing results" : `${running} running`,
    ...(waiting === 0 ? [] : [`${waiting} waiting${queued === 0 ? "" : ` (${queued} queued)`}`]),
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(skipped === 0 ? [] : [`${skipped} not run`]),
  ];
  return [
    counts.join(", "),
    ...(left === undefined ? [] : [`about ${formatDuration(left)} left`]),
    ...(memory === undefined ? [] : [formatBytes(memory)]),
  ].join("  ");
}
