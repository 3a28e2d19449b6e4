import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { RunFacts } from "./map/descriptions.js";
import { type EventFields, isFields, textOf } from "./map/fields.js";
import { eventsOfResults, relationsReader } from "./map/old-logs.js";
import { trackRunEvents } from "./map/track-run-events.js";
import type { Marks } from "./marks.js";
import type { Operation } from "./operations.js";
import { outputsOf } from "./outputs.js";
import type { Session } from "./session.js";

export interface ReplayOptions {
  readonly runFolder: string;
  readonly facts: Omit<RunFacts, "identity">;
  readonly warn: (message: string) => void;
  /**
   * `whole`: the run is over, or as good as: statuses, results and outputs too. `events`: it goes on
   * right after, so that only points and what describes runs are of use.
   */
  readonly extent: "whole" | "events";
}

/**
 * Puts into the spool what the event log of a run folder tells and the spool has not had: all of a run
 * made before, or the last moments before a kill. Where there is no log, `results.json` tells.
 * @returns how many events there were.
 */
export async function replayLog(session: Session, options: ReplayOptions): Promise<number> {
  const { runFolder, warn, extent } = options;
  const { identity, marks, spool } = session;
  const log = join(runFolder, "events.jsonl");
  const relations = relationsReader();
  let lines = 0;
  for await (const event of eventsOf(log, true, warn)) {
    lines++;
    relations.see(event);
  }
  const results = await readResults(runFolder);
  if (lines === 0 && (results === undefined || extent === "events")) return 0;
  const spec = results?.spec;
  const statuses = lastStatuses(marks, spool.append);
  const mapper = trackRunEvents({
    ...{ identity, marks, emit: statuses.emit, relations: relations.of },
    ...(isFields(spec) ? { spec } : {}),
    ...options.facts,
  });
  let last = Date.parse(textOf(results ?? {}, "time")) || 0;
  let seen = 0;
  if (lines === 0) {
    for (const event of eventsOfResults(results ?? {})) mapper.see(event, last);
  } else {
    for await (const event of eventsOf(log, false, warn)) {
      last = Date.parse(textOf(event, "at")) || last;
      mapper.see(event, last);
      // Appending never waits: here nothing else would let the disk keep up.
      if (++seen % 5000 === 0) await spool.flush();
    }
  }
  if (extent === "whole") {
    for (const { file, folder, digest } of await outputsOf(runFolder)) {
      mapper.artifact(file, folder, digest, last);
    }
    mapper.end("stopped", last);
    statuses.settle();
  } else {
    mapper.flush();
    statuses.forget();
  }
  await spool.flush();
  return Math.max(seen, lines);
}

/**
 * Of the statuses of a run only the last one, where it is not what the run has already: a log goes
 * through all of them again.
 */
function lastStatuses(marks: Marks, append: (operation: Operation) => void) {
  const before = new Map(Object.entries(marks).map(([run, { status }]) => [run, status]));
  const last = new Map<string, Operation & { readonly op: "status" }>();
  return {
    emit(operation: Operation): void {
      if (operation.op === "status") last.set(operation.run, operation);
      else append(operation);
    },
    settle(): void {
      for (const [run, operation] of last) {
        if (before.get(run) !== operation.status) append(operation);
      }
    },
    /** None was emitted: the marks are to say so. */
    forget(): void {
      for (const run of last.keys()) {
        const known = marks[run];
        if (known !== undefined) known.status = before.get(run) ?? "RUNNING";
      }
    },
  };
}

/** Events of a log; lines that are none, as a torn one, are left out with a warning. */
async function* eventsOf(
  path: string,
  skipSteps: boolean,
  warn: (message: string) => void,
): AsyncGenerator<EventFields> {
  const input = createReadStream(path, "utf8");
  let number = 0;
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number++;
      if (line === "" || (skipSteps && line.includes('"type":"step"'))) continue;
      const event = parse(line);
      if (isFields(event)) yield event;
      else warn(`${path}, line ${number}: no event, left out.`);
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  } finally {
    input.destroy();
  }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** `results.json` of a folder; undefined where there is none that can be read. */
export async function readResults(runFolder: string): Promise<EventFields | undefined> {
  const value = parse(await readFile(join(runFolder, "results.json"), "utf8").catch(() => ""));
  return isFields(value) ? value : undefined;
}
