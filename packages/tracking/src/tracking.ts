import type { RunEvent, RunStatus } from "@counterweight/experiments";
import type { TrackingStore } from "mlflow-js-client";
import { type BackgroundDelivery, deliverInBackground } from "./deliver/deliver.js";
import { briefly } from "./deliver/refusals.js";
import type { Sender } from "./deliver/sender.js";
import { type Destination, type Environment, placeOf } from "./destination.js";
import { type EventFields, isFields } from "./map/fields.js";
import { type Mapper, trackRunEvents } from "./map/track-run-events.js";
import { outputsOf } from "./outputs.js";
import { replayLog } from "./replay-log.js";
import { nothingDelivered, reportOf, type TrackingReport, warningList } from "./report.js";
import { openSession, type Session } from "./session.js";

/** Recording of a run under way. No method ever throws or makes the run wait, but `finish`. */
export interface Tracking {
  /** Notes an event: some microseconds. */
  see(event: RunEvent): void;
  /**
   * To be called once the outputs are written: notes them too, waits for delivery 5 s at most, and
   * ends. What is not delivered by then stays on disk.
   */
  finish(status: RunStatus, outputsFolder: string): Promise<TrackingReport>;
  /**
   * Ends without outputs, as after an error (`failed`) or an interrupt (`stopped`), and notes that;
   * nothing after `finish`. Waits for delivery 5 s at most.
   */
  close(status?: Exclude<RunStatus, "done">, waitMs?: number): Promise<void>;
}

export interface TrackingOptions {
  readonly runFolder: string;
  readonly destination: Destination;
  readonly now: () => Date;
  /** For credentials: see `openStore`. */
  readonly environment?: Environment;
  /** The spec as stored: its settings are the trials' params, its description the parent's note. */
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Written to `mlflow.user`; no user is told where it is left out. */
  readonly user?: string;
  /** Told of each warning as it comes, once. */
  readonly onWarning?: (message: string) => void;
  /** In place of the destination's own. */
  readonly store?: TrackingStore;
  /** Between two rounds of delivery; 5 s where it is left out. */
  readonly intervalMs?: number;
  /** What `finish` may wait; 5 s where it is left out. */
  readonly finishMs?: number;
}

/** Events after which the records before them should outlive a kill of this process. */
const important: ReadonlySet<unknown> = new Set([
  "plan",
  "checkpoint",
  "training-end",
  "trial",
  "run-end",
]);

/** So long steps wait for each other. A kill takes none from the run's own log. */
const gatherMs = 1000;

/**
 * Begins to record a run: events go to a spool in the run folder at once, and from there to the
 * destination in the background. The same run folder again continues the same MLflow runs. Never
 * rejects: where nothing can be recorded, a warning says why.
 */
export async function openTracking(options: TrackingOptions): Promise<Tracking> {
  const { runFolder, destination, environment = {}, onWarning, store } = options;
  const { warnings, warn } = warningList(environment, onWarning);
  let session: Session | undefined;
  try {
    session = await openSession({
      ...{ runFolder, destination, environment, warn, patience: { timeoutMs: 15_000 } },
      ...(store === undefined ? {} : { store }),
    });
    if (session === undefined) {
      warn(
        `another process is sending what ${runFolder} recorded before: this run is not recorded. counterweight track import ${runFolder} does so later.`,
      );
    }
  } catch (error) {
    warn(`the run is not recorded: ${briefly(error)}`);
  }
  if (session === undefined) {
    const report = nothingDelivered(placeOf(destination), warnings);
    return { see: () => undefined, finish: async () => report, close: async () => undefined };
  }
  if (!session.clean) {
    const { spec, user } = options;
    const facts = {
      ...(spec === undefined ? {} : { spec }),
      ...(user === undefined ? {} : { user }),
    };
    // What a kill kept from the spool stands in the run's own log, and so does all of a run that was
    // not recorded before.
    await replayLog(session, { runFolder, facts, warn, extent: "events" }).catch((error) =>
      warn(`the run's log could not be read again: ${briefly(error)}`),
    );
  }
  return recording(session, options, { warnings, warn });
}

function recording(
  session: Session,
  options: TrackingOptions,
  { warnings, warn }: { warnings: readonly string[]; warn: (message: string) => void },
): Tracking {
  const { runFolder, destination, now, spec, user } = options;
  const { spool, identity, marks } = session;
  const mapper: Mapper = trackRunEvents({
    ...{ identity, marks, emit: spool.append },
    ...(spec === undefined ? {} : { spec }),
    ...(user === undefined ? {} : { user }),
  });
  let sender: Sender | undefined;
  const delivery: BackgroundDelivery = deliverInBackground({
    open: async () => {
      sender = await session.sender();
      return sender;
    },
    onAway: (why) =>
      warn(`${placeOf(destination)} does not take records now, they wait on disk: ${why}`),
    intervalMs: options.intervalMs ?? 5000,
  });
  const guarded = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      warn(`an event could not be recorded: ${briefly(error)}`);
    }
  };
  let gather: NodeJS.Timeout | undefined;
  const pass = (): void => {
    gather = undefined;
    guarded(mapper.flush);
  };
  let closed = false;
  const close = async (waitMs: number): Promise<void> => {
    if (closed) return;
    closed = true;
    clearTimeout(gather);
    pass();
    await spool.flush();
    await delivery.finish(waitMs);
    await session.close().catch((error) => warn(briefly(error)));
  };
  return {
    see(event) {
      if (closed) return;
      guarded(() => {
        const fields: EventFields = isFields(event) ? event : {};
        mapper.see(fields, now().getTime());
        if (important.has(fields.type)) void spool.flush();
        // Unreferenced: a process that has nothing else to do finishes by itself.
        else gather ??= setTimeout(pass, gatherMs).unref();
      });
    },
    async finish(status, outputsFolder) {
      try {
        for (const { file, folder, digest } of await outputsOf(runFolder, outputsFolder)) {
          mapper.artifact(file, folder, digest, now().getTime());
        }
      } catch (error) {
        warn(`outputs could not be recorded: ${briefly(error)}`);
      }
      guarded(() => mapper.end(status, now().getTime()));
      await close(options.finishMs ?? 5000);
      return reportOf(session, sender, destination, warnings);
    },
    async close(status = "failed", waitMs = options.finishMs ?? 5000) {
      if (!closed) guarded(() => mapper.end(status, now().getTime()));
      await close(waitMs);
    },
  };
}
