import type { StepsEvent } from "@counterweight/steps";
import type { LoggedEvent } from "./backend.js";
import type { RunEvent } from "./events.js";

/** What a runner of this package emits beside a training's own events. */
export interface OwnFailure {
  readonly type: "own-failure";
  readonly message: string;
}

const isLogged = (event: unknown): event is LoggedEvent | OwnFailure =>
  typeof event === "object" && event !== null && "type" in event;

/**
 * What happened to a step as the run's events tell it: trainings have events of their own, which
 * every reader of a log knows; undefined for what only the coordinator is to know.
 */
export function runEventOf(
  event: StepsEvent,
  isTraining: (key: string) => boolean,
  labelOf: (key: string) => string,
  kindOf: (key: string) => string | undefined = () => undefined,
): RunEvent | undefined {
  if (event.type === "step-progress") {
    const own = event.event;
    if (!isLogged(own) || own.type === "own-failure") return undefined;
    return { training: event.step, ...own };
  }
  const training = event.step;
  const kind = kindOf(training);
  const labelled = {
    ...event,
    label: labelOf(training),
    ...(kind === undefined ? {} : { kind }),
  };
  if (event.type === "step-damaged") {
    return { type: "store-damaged", training, reason: event.reason };
  }
  if (!isTraining(training)) return labelled;
  switch (event.type) {
    case "step-found":
      return { type: "training-reused", training };
    case "step-start":
      return { type: "training-start", training, where: event.where, attempt: event.attempt };
    case "step-made":
      return { type: "training-end", training, seconds: event.seconds };
    case "step-failed":
      return { type: "training-failed", training, message: event.message };
    case "step-skipped":
      return { type: "training-skipped", training, because: labelOf(event.because) };
    default:
      return labelled;
  }
}

/** A runner's failure of its own, where the event tells one. */
export function ownFailureIn(event: StepsEvent): OwnFailure | undefined {
  if (event.type !== "step-progress" || !isLogged(event.event)) return undefined;
  return event.event.type === "own-failure" ? event.event : undefined;
}
