import type { StepsEvent } from "../events.js";
import type { ExecutorEvent } from "../executor.js";

/** An executor's event as that of a run. */
export function stepsEvent(step: string, attempt: number, event: ExecutorEvent): StepsEvent {
  switch (event.type) {
    case "queued":
      return { type: "step-queued", step, where: event.where };
    case "started":
      return { type: "step-start", step, where: event.where, attempt };
    case "taken-over":
      return {
        type: "step-taken-over",
        step,
        from: event.from,
        silentSeconds: event.silentSeconds,
      };
    case "progress":
      return { type: "step-progress", step, event: event.event };
  }
}
