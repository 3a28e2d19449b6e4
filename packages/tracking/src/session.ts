import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { CounterweightError, writeFileAtomic } from "@counterweight/base";
import type { TrackingStore } from "mlflow-js-client";
import { deliveryState } from "./deliver/delivery-state.js";
import { createSender, type Sender } from "./deliver/sender.js";
import { type Destination, destinationName, type Environment, openStore } from "./destination.js";
import { lockSpool } from "./folder-lock.js";
import { folderIdentity, spoolsFolder } from "./identity.js";
import { applyTo, type Marks } from "./marks.js";
import { isOperation } from "./operations.js";
import { redactor } from "./redact.js";
import { openSpool, type Spool } from "./spool/spool.js";

/** The spool of a run folder for one destination, held by this process. */
export interface Session {
  readonly identity: string;
  readonly spool: Spool;
  /** What is delivered or waiting: see `newOf`. */
  readonly marks: Marks;
  /** Whether the process that had it before ended it, so that nothing was lost between. */
  readonly clean: boolean;
  /** Opens the store, once; nothing is sent yet. */
  sender(): Promise<Sender>;
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly runFolder: string;
  readonly destination: Destination;
  readonly environment: Environment;
  readonly warn: (message: string) => void;
  /** In place of the destination's own; not closed here. */
  readonly store?: TrackingStore;
  readonly patience?: { readonly timeoutMs?: number; readonly retries?: number };
}

const destinationFile = "destination.json";
/** There while nobody has the spool, and the last one wrote everything. */
const closedFile = "closed";

/**
 * Takes the spool of a run folder. Undefined: another process has it.
 * @throws where the folder cannot be written.
 */
export async function openSession(options: SessionOptions): Promise<Session | undefined> {
  const { runFolder, destination, warn } = options;
  const identity = await folderIdentity(runFolder);
  const folder = join(spoolsFolder(runFolder), destinationName(destination));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const release = await lockSpool(folder);
  if (release === undefined) return undefined;
  let spool: Spool | undefined;
  try {
    await writeFileAtomic(join(folder, destinationFile), `${JSON.stringify(destination)}\n`);
    spool = await openSpool(folder, {
      onRefusal: (error) =>
        warn(`the disk takes no more tracking records: ${String(error)}. Training goes on.`),
    });
    const clean = await rm(join(folder, closedFile)).then(
      () => true,
      () => false,
    );
    const marks = structuredClone(deliveryState(spool.state()).marks);
    for (;;) {
      const { records } = await spool.read();
      if (records.length === 0) break;
      for (const { value } of records) if (isOperation(value)) applyTo(marks, value);
    }
    await spool.rewind();
    return sessionOf({ ...options, identity, spool, marks, clean, release });
  } catch (error) {
    await spool?.close();
    await release();
    throw error;
  }
}

interface SessionParts extends SessionOptions {
  readonly identity: string;
  readonly spool: Spool;
  readonly marks: Marks;
  readonly clean: boolean;
  readonly release: () => Promise<void>;
}

function sessionOf(parts: SessionParts): Session {
  const { identity, spool, marks, clean, release, destination, environment, warn } = parts;
  let own: TrackingStore | undefined;
  let made: Sender | undefined;
  return {
    identity,
    spool,
    marks,
    clean,
    async sender() {
      if (made !== undefined) return made;
      own =
        parts.store === undefined
          ? await openStore(destination, environment, parts.patience)
          : undefined;
      const store = parts.store ?? own;
      if (store === undefined) throw new CounterweightError("internal", "no store was opened");
      made = createSender({
        ...{ spool, store, identity, warn },
        experiment: destination.experiment,
        folder: parts.runFolder,
        redact: redactor(environment),
      });
      return made;
    },
    async close() {
      await spool.close();
      // What found no room is in the run's log only: it is to be read again.
      if (spool.unwritten() === 0 && spool.dropped() === 0) {
        await writeFileAtomic(join(spool.folder, closedFile), "").catch(() => undefined);
      }
      await release();
      await own?.close().catch(() => undefined);
    },
  };
}

/** The destination a spool's folder was made for; undefined where nothing readable says so. */
export async function destinationIn(folder: string): Promise<Destination | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(join(folder, destinationFile), "utf8"));
    if (typeof value !== "object" || value === null) return undefined;
    const { kind, uri, folder: place, experiment } = value as Record<string, unknown>;
    if (typeof experiment !== "string") return undefined;
    if (kind === "server" && typeof uri === "string") return { kind, uri, experiment };
    if (kind === "folder" && typeof place === "string") return { kind, folder: place, experiment };
    return undefined;
  } catch {
    return undefined;
  }
}
