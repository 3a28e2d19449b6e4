import type { Sender } from "./deliver/sender.js";
import { type Destination, type Environment, placeOf } from "./destination.js";
import { redactor } from "./redact.js";
import type { Session } from "./session.js";

/** How delivery stands at the end of a run, an import or a sync. */
export interface TrackingReport {
  /** Records delivered by this process. */
  readonly delivered: number;
  /** Records that wait on disk for `counterweight track sync`. */
  readonly waiting: number;
  /** Where to look: the run's page, or the folder of the embedded store. */
  readonly where: string;
  readonly warnings: readonly string[];
}

export const nothingDelivered = (where: string, warnings: readonly string[]): TrackingReport => ({
  delivered: 0,
  waiting: 0,
  where,
  warnings,
});

/** @param sender undefined where the store was never opened. */
export function reportOf(
  { spool }: Session,
  sender: Sender | undefined,
  destination: Destination,
  warnings: readonly string[],
): TrackingReport {
  const { experimentId, runId } = sender?.place() ?? {};
  const page =
    destination.kind === "server" && experimentId !== undefined && runId !== undefined
      ? `/#/experiments/${experimentId}/runs/${runId}`
      : "";
  const dropped = spool.dropped();
  return {
    delivered: sender?.delivered() ?? 0,
    waiting: spool.waiting(),
    where: placeOf(destination) + page,
    warnings:
      dropped === 0
        ? warnings
        : [...warnings, `${dropped} tracking records found no room on the disk and are lost.`],
  };
}

/**
 * Collects warnings, each once, and passes them on as they come, without what the environment keeps
 * secret.
 */
export function warningList(
  environment: Environment,
  tell: (message: string) => void = () => undefined,
): {
  readonly warnings: string[];
  readonly warn: (message: string) => void;
} {
  const warnings: string[] = [];
  const redact = redactor(environment);
  const warn = (said: string): void => {
    const message = redact(said);
    if (warnings.includes(message)) return;
    // A server that refuses everything must not fill the memory with its words.
    if (warnings.length < 100) warnings.push(message);
    if (warnings.length < 100) tell(message);
  };
  return { warnings, warn };
}
