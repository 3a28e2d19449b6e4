import type { StepsEvent } from "@counterweight/steps";
import type { LoggedEvent } from "./backend.js";
import type { RunEvent } from "./events.js";
import { isGuardStop } from "./weight-guard.js";

const isLogged = (event: unknown): event is LoggedEvent =>
  typeof event === "object" && event !== null && "type" in event;

/**
 * What happened to a step as the run's events tell it: trainings have events of their own, which
 * every reader of a log knows; undefined for what only the coordinator is to know.
 */
export function runEventOf(
  event: StepsEvent,
  isTraining: (key: string) => boolean,
  labelOf: (key: string) => string,
  kindOf: (key: string) => string | undefined,
): RunEvent | undefined {
  if (event.type === "step-progress") {
    const own = event.event;
    if (!isLogged(own)) return undefined;
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

/**
 * What failed for a reason of its own, which the same step would have again: nobody has to try in
 * vain. Not so a stop by the weight guard, which another spec may set otherwise.
 */
export function ownFailureIn(event: StepsEvent): string | undefined {
  if (event.type !== "step-failed" || event.errorKind !== "training") return undefined;
  return isGuardStop(event.message) ? undefined : event.message;
}
