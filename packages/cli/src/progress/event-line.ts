import type { RunEvent } from "@counterweight/experiments";
import { counted, formatDuration } from "../words.js";
import { type ProgressState, plannedOf, rowsPerSecond, trainingSecondsLeft } from "./state.js";

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** With more trainings than this, those in the store are counted and not told one by one. */
const fewTrainings = 30;

/**
 * The lasting lines of an event, for terminals and log files alike; none for what only the live
 * lines show. `state` is the one after the event.
 */
export function eventLine(event: RunEvent, state: ProgressState): string[] {
  const label = (key: string): string =>
    plannedOf(state, key)?.label ?? state.running.get(key)?.label ?? labelIn(event, key);
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
        `${label(event.training)}: the stored result is damaged (${event.reason}); making it again`,
      ];
    case "step-damaged":
      return [
        `${label(event.step)}: the stored result is damaged (${event.reason}); making it again`,
      ];
    case "training-reused":
      return state.planned.length > fewTrainings
        ? []
        : [`${label(event.training)}: from the store`];
    case "training-start": {
      const { where, attempt } = event;
      const place = where === "in-process" ? [] : [where];
      const notes = [...place, ...(attempt > 1 ? [`attempt ${attempt}`] : [])].join(", ");
      return [`${label(event.training)}: training${notes === "" ? "" : ` (${notes})`}`];
    }
    case "step-start":
      // The bootstrap of a large sweep takes minutes; all other steps without a line are short.
      return event.kind === "aggregate" ? [`${event.label}: seeds, intervals, comparisons`] : [];
    case "step-retry":
      return [`${label(event.step)}: attempt ${event.attempt} follows: ${event.message}`];
    case "step-taken-over": {
      const { host, process: number } = event.from;
      return [
        `${label(event.step)}: taken over from process ${number} on ${host}, silent for ${formatDuration(event.silentSeconds)}`,
      ];
    }
    case "step-waiting": {
      const { host, process: number } = event.holder;
      return [
        `${label(event.step)}: made by another process (${number} on ${host}); waiting for it`,
      ];
    }
    case "step-failed": {
      const log = event.log === undefined ? "" : ` Log: ${event.log}`;
      return [`${label(event.step)}: FAILED. ${event.message}${log}`];
    }
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
      const { benchmark, variant, method, seed, checkerFraction } = event.trial;
      const name = [benchmark, ...(variant === "" ? [] : [variant]), method].join(", ");
      const fraction = state.severalFractions ? `, checker on ${checkerFraction}` : "";
      const { accuracy, macroF1 } = event.scores;
      return [
        `${name}, seed ${seed}${fraction}: test accuracy ${percent(accuracy)}, macro-F1 ${percent(macroF1)}`,
      ];
    }
    default:
      return [];
  }
}

/** Of a step that is no training, where the event says what it is. */
const labelIn = (event: RunEvent, key: string): string =>
  "label" in event && typeof event.label === "string" ? event.label : `step ${key.slice(0, 8)}`;
