import { access } from "node:fs/promises";
import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import type { TrackingStore } from "mlflow-js-client";
import { deliver } from "./deliver/deliver.js";
import { briefly } from "./deliver/refusals.js";
import type { Sender } from "./deliver/sender.js";
import { type Destination, type Environment, placeOf } from "./destination.js";
import { readResults, replayLog } from "./replay-log.js";
import { reportOf, type TrackingReport, warningList } from "./report.js";
import { openSession } from "./session.js";

export interface ImportOptions {
  /** For credentials: see `openStore`. */
  readonly environment?: Environment;
  readonly signal?: AbortSignal;
  readonly onWarning?: (message: string) => void;
  /** In place of the destination's own. */
  readonly store?: TrackingStore;
}

/**
 * Sends a run folder, finished or interrupted, of this or an earlier version: its event log,
 * `results.json` and outputs. What was sent from this folder before, by an import or by the run
 * itself, is not sent again, so a second call changes nothing. What cannot be delivered stays in the
 * folder's spool, and the report says so.
 * @throws CounterweightError `usage` for a folder without results, or in which a run is at work; what
 * the system says of a folder that cannot be written.
 */
export async function importRunFolder(
  folder: string,
  destination: Destination,
  options: ImportOptions = {},
): Promise<TrackingReport> {
  const { environment = {}, signal, onWarning, store } = options;
  const { warnings, warn } = warningList(environment, onWarning);
  const logged = await access(join(folder, "events.jsonl")).then(
    () => true,
    () => false,
  );
  if (!logged && (await readResults(folder)) === undefined) {
    throw new CounterweightError("usage", "no events.jsonl and no results.json are here.", {
      where: folder,
      fix: "Give the folder that a run wrote its results to.",
    });
  }
  const session = await openSession({
    ...{ runFolder: folder, destination, environment, warn, patience: { retries: 3 } },
    ...(store === undefined ? {} : { store }),
  });
  if (session === undefined) {
    throw new CounterweightError("usage", "another process is recording or sending this folder.", {
      where: folder,
      fix: "Wait for its end.",
    });
  }
  let sender: Sender | undefined;
  try {
    await replayLog(session, { runFolder: folder, facts: {}, warn, extent: "whole" });
    try {
      sender = await session.sender();
      await deliver(sender, signal === undefined ? {} : { signal });
    } catch (error) {
      warn(
        `${placeOf(destination)} does not take records now, they wait on disk: ${briefly(error)}`,
      );
    }
  } finally {
    await session.close();
  }
  return reportOf(session, sender, destination, warnings);
}
