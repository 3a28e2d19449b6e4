import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { TrackingStore } from "mlflow-js-client";
import { deliver } from "./deliver/deliver.js";
import { briefly } from "./deliver/refusals.js";
import type { Sender } from "./deliver/sender.js";
import { type Environment, placeOf } from "./destination.js";
import { spoolsFolder } from "./identity.js";
import { reportOf, type TrackingReport, warningList } from "./report.js";
import { destinationIn, openSession } from "./session.js";

export interface SyncOptions {
  /** For credentials: see `openStore`. */
  readonly environment?: Environment;
  readonly signal?: AbortSignal;
  readonly onWarning?: (message: string) => void;
  /** In place of the destinations' own. */
  readonly store?: TrackingStore;
}

/** What became of one run folder and destination. */
export interface SyncReport extends TrackingReport {
  readonly folder: string;
  /** Why nothing was sent: another process has it. */
  readonly busy: boolean;
}

/**
 * Delivers what waits in a run folder, or in the run folders directly below a folder, each to where
 * its run was to be recorded. A store that is away is no error: its report says how much still waits.
 */
export async function syncFolder(folder: string, options: SyncOptions = {}): Promise<SyncReport[]> {
  const reports: SyncReport[] = [];
  for (const runFolder of await runFolders(folder)) {
    for (const name of await foldersIn(spoolsFolder(runFolder))) {
      const report = await syncSpool(runFolder, join(spoolsFolder(runFolder), name), options);
      if (report !== undefined) reports.push(report);
    }
  }
  return reports;
}

async function syncSpool(
  runFolder: string,
  spoolFolder: string,
  { environment = {}, signal, onWarning, store }: SyncOptions,
): Promise<SyncReport | undefined> {
  const destination = await destinationIn(spoolFolder);
  if (destination === undefined) return undefined;
  const { warnings, warn } = warningList(environment, onWarning);
  const nothing = {
    folder: runFolder,
    delivered: 0,
    waiting: 0,
    where: placeOf(destination),
    warnings,
  };
  let sender: Sender | undefined;
  try {
    const session = await openSession({
      ...{ runFolder, destination, environment, warn, patience: { retries: 3 } },
      ...(store === undefined ? {} : { store }),
    });
    if (session === undefined) return { ...nothing, busy: true };
    try {
      if (session.spool.waiting() > 0) {
        sender = await session.sender();
        await deliver(sender, signal === undefined ? {} : { signal });
      }
    } catch (error) {
      warn(`${placeOf(destination)} does not take records now: ${briefly(error)}`);
    } finally {
      await session.close();
    }
    return { folder: runFolder, busy: false, ...reportOf(session, sender, destination, warnings) };
  } catch (error) {
    warn(briefly(error));
    return { ...nothing, busy: false };
  }
}

async function runFolders(folder: string): Promise<string[]> {
  const below = (await foldersIn(folder)).map((name) => join(folder, name));
  const candidates = [folder, ...below];
  const found: string[] = [];
  for (const candidate of candidates) {
    if ((await foldersIn(spoolsFolder(candidate))).length > 0) found.push(candidate);
  }
  return found;
}

const foldersIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
