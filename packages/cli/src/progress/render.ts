import type { RunEvent } from "@counterweight/experiments";
import {
  type ProgressState,
  type RunningTraining,
  rowsPerSecond,
  runSecondsLeft,
  trainingSecondsLeft,
} from "./state.js";

/** Seconds as `0:42`, `12:05` or `1:02:03`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`;
}

/** `1 training`, `2 trainings`. */
export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Cuts a line to a number of columns, an ellipsis showing that something is missing. */
function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

function describe(training: RunningTraining, state: ProgressState): string {
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

/** The live lines, one for each running training, none wider than `width` columns. */
export function renderProgress(state: ProgressState, width = Number.POSITIVE_INFINITY): string[] {
  return [...state.running.values()].map((training) => cut(describe(training, state), width));
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/**
 * The lasting line of an event, for terminals and log files alike; undefined for what only the live
 * line shows. `state` is the one after the event.
 */
export function eventLine(event: RunEvent, state: ProgressState): string[] {
  const label = (key: string): string =>
    state.planned.find((training) => training.key === key)?.label ?? key;
  switch (event.type) {
    case "data": {
      const rows = Object.entries(event.rows).map(([role, count]) => `${count} ${role}`);
      return [
        `${event.benchmark}: rows ${rows.join(", ")}`,
        ...event.notes.map((note) => `  ${note}`),
      ];
    }
    case "model":
      return event.notes.map((note) => `model: ${note}`);
    case "plan": {
      const stored = event.trainings.filter((training) => training.stored).length;
      const kept = stored === 0 ? "" : `, ${stored} of them in the store already`;
      return [`${counted(event.trainings.length, "training")}${kept}`];
    }
    case "store-damaged":
      return [
        `${label(event.training)}: the stored result is damaged (${event.reason}); training again`,
      ];
    case "training-reused":
      return [`${label(event.training)}: from the store`];
    case "training-start":
      return [`${label(event.training)}: training`];
    case "resumed":
      return [
        ...event.damaged.map((what) => `${label(event.training)}: damaged, not used: ${what}`),
        ...(event.step === 0
          ? [`${label(event.training)}: no usable checkpoint, training from the start`]
          : [
              `${label(event.training)}: goes on after step ${event.step} of ${state.running.get(event.training)?.steps ?? "?"}`,
            ]),
      ];
    case "checkpoint": {
      // Once a training: a full disk would say it again with every checkpoint.
      const first = state.running.get(event.training)?.lostCheckpoints === 1;
      if (event.problem === undefined || !first) return [];
      return [
        `${label(event.training)}: warning: no checkpoint after step ${event.step}: ${event.problem} Training goes on; later ones are tried, and no more is said of them.`,
      ];
    }
    case "model-saved":
      return [`${event.label}: saved to ${event.folder}`];
    case "weights":
      return event.problems.map(
        (problem) =>
          `${label(event.training)}: warning: weights of epoch ${event.epoch}: ${problem}`,
      );
    case "epoch": {
      const { epoch, epochs, trainLoss, validation, isBest } = event;
      const running = state.running.get(event.training);
      const speed = running === undefined ? undefined : rowsPerSecond(running);
      const left = running === undefined ? undefined : trainingSecondsLeft(running);
      return [
        [
          `${label(event.training)}: epoch ${epoch}/${epochs}`,
          `loss ${trainLoss.toFixed(4)}`,
          `validation accuracy ${percent(validation.accuracy)}${isBest ? " (kept)" : ""}`,
          ...(speed === undefined ? [] : [`${Math.round(speed)} rows/s`]),
          ...(left === undefined ? [] : [`${formatDuration(left)} left`]),
        ].join(", "),
      ];
    }
    case "training-end":
      return [`${label(event.training)}: trained in ${formatDuration(event.seconds)}`];
    case "training-failed":
      return [`${label(event.training)}: FAILED. ${event.message}`];
    case "training-skipped":
      return [`${label(event.training)}: not run, since ${event.because} failed`];
    case "trial": {
      const { trial, scores } = event;
      return [
        `${trial.benchmark}, ${trial.method}, seed ${trial.seed}: test accuracy ${percent(scores.accuracy)}, macro-F1 ${percent(scores.macroF1)}`,
      ];
    }
    default:
      return [];
  }
}
