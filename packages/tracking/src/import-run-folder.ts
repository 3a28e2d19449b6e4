import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CounterweightError } from "@counterweight/base";
import type { TrackingStore } from "mlflow-js-client";
import { deliver } from "./deliver/deliver.js";
import { briefly } from "./deliver/refusals.js";
import type { Sender } from "./deliver/sender.js";
import { type Destination, type Environment, placeOf } from "./destination.js";
import { type EventFields, isFields, textOf } from "./map/fields.js";
import { eventsOfResults, relationsReader } from "./map/old-logs.js";
import { trackRunEvents } from "./map/track-run-events.js";
import type { Marks } from "./marks.js";
import type { Operation } from "./operations.js";
import { outputsOf } from "./outputs.js";
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
 * @throws CounterweightError `usage` for a folder without results, or in which a run is at work.
 */
export async function importRunFolder(
  folder: string,
  destination: Destination,
  options: ImportOptions = {},
): Promise<TrackingReport> {
  const { environment = {}, signal, onWarning, store } = options;
  const { warnings, warn } = warningList(onWarning);
  const results = await readResults(join(folder, "results.json"));
  const log = join(folder, "events.jsonl");
  const relations = relationsReader();
  let lines = 0;
  for await (const event of eventsOf(log, { skipSteps: true, warn })) {
    lines++;
    relations.see(event);
  }
  if (lines === 0 && results === undefined) {
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
    const { identity, marks, spool } = session;
    const spec = results?.spec;
    const statuses = lastStatuses(marks, spool.append);
    const mapper = trackRunEvents({
      ...{ identity, marks, emit: statuses.emit, relations: relations.of },
      ...(isFields(spec) ? { spec } : {}),
    });
    let last = Date.parse(textOf(results ?? {}, "time")) || 0;
    if (lines === 0) {
      for (const event of eventsOfResults(results ?? {})) mapper.see(event, last);
    } else {
      let seen = 0;
      for await (const event of eventsOf(log, { skipSteps: false, warn })) {
        last = Date.parse(textOf(event, "at")) || last;
        mapper.see(event, last);
        // Appending never waits: here nothing else would let the disk keep up.
        if (++seen % 5000 === 0) await spool.flush();
      }
    }
    for (const output of await outputsOf(folder)) {
      mapper.artifact(output.file, output.folder, output.digest, last);
    }
    mapper.end("stopped", last);
    statuses.settle();
    await spool.flush();
    sender = await session.sender();
    await deliver(sender, signal === undefined ? {} : { signal });
  } catch (error) {
    warn(`${placeOf(destination)} does not take records now, they wait on disk: ${briefly(error)}`);
  } finally {
    await session.close();
  }
  return reportOf(session, sender, destination, warnings);
}

/**
 * Of the statuses of a run only the last one, where it is not what the run has already: a log goes
 * through all of them again.
 */
function lastStatuses(
  marks: Marks,
  append: (operation: Operation) => void,
): { readonly emit: (operation: Operation) => void; readonly settle: () => void } {
  const before = new Map(Object.entries(marks).map(([run, { status }]) => [run, status]));
  const last = new Map<string, Operation & { readonly op: "status" }>();
  return {
    emit(operation) {
      if (operation.op === "status") last.set(operation.run, operation);
      else append(operation);
    },
    settle() {
      for (const [run, operation] of last) {
        if (before.get(run) !== operation.status) append(operation);
      }
    },
  };
}

/** Events of a log; lines that are none, as a torn one, are left out with a warning. */
async function* eventsOf(
  path: string,
  { skipSteps, warn }: { skipSteps: boolean; warn: (message: string) => void },
): AsyncGenerator<EventFields> {
  const stream = createReadStream(path, "utf8");
  let number = 0;
  try {
    for await (const line of createInterface({
      input: stream,
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      number++;
      if (line === "" || (skipSteps && line.includes('"type":"step"'))) continue;
      const event = parse(line);
      if (isFields(event)) yield event;
      else warn(`${path}, line ${number}: no event, left out.`);
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  } finally {
    stream.destroy();
  }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

async function readResults(path: string): Promise<EventFields | undefined> {
  const value = parse(await readFile(path, "utf8").catch(() => ""));
  return isFields(value) ? value : undefined;
}
