import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { RunFacts } from "./map/descriptions.js";
import { type EventFields, isFields, textOf } from "./map/fields.js";
import { eventsOfResults, relationsReader } from "./map/old-logs.js";
import { specRunId } from "./map/relations.js";
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
  const before = marks[specRunId(identity)]?.status;
  const latest = lastOnly(marks, spool.append);
  const mapper = trackRunEvents({
    ...{ identity, marks, emit: latest.emit, relations: relations.of },
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
    // A run that ended by an error said so here, and no word of it is in its log.
    const isFailed = before === "FAILED";
    mapper.end(isFailed ? "failed" : "stopped", last);
    latest.settle();
  } else {
    mapper.flush();
    latest.forget();
  }
  await spool.flush();
  return Math.max(seen, lines);
}

/**
 * Of what replaces itself, statuses, descriptions and tags, only the last of a run, where it is not what the
 * run has already: a log of several sessions goes through all of them again.
 */
function lastOnly(marks: Marks, append: (operation: Operation) => void) {
  type Status = Operation & { readonly op: "status" };
  type Description = Operation & { readonly op: "run" };
  const had = new Map(
    Object.entries(marks).map(([run, { status, described, tags }]) => [
      run,
      { status, described, tags: { ...tags } },
    ]),
  );
  const tagged = new Map<string, Record<string, string>>();
  const statuses = new Map<string, Status>();
  const descriptions = new Map<string, Description>();
  const describe = (): void => {
    for (const [run, operation] of descriptions) {
      if (had.get(run)?.described !== marks[run]?.described) append(operation);
    }
    for (const [run, tags] of tagged) {
      const before = had.get(run)?.tags ?? {};
      const fresh = Object.entries(tags).filter(([key, value]) => before[key] !== value);
      if (fresh.length > 0) append({ op: "tags", run, tags: Object.fromEntries(fresh) });
    }
  };
  return {
    emit(operation: Operation): void {
      if (operation.op === "status") statuses.set(operation.run, operation);
      else if (operation.op === "tags") {
        tagged.set(operation.run, { ...tagged.get(operation.run), ...operation.tags });
      } else if (operation.op !== "run" || !had.has(operation.run)) append(operation);
      else descriptions.set(operation.run, operation);
      if (operation.op === "run" && !had.has(operation.run)) {
        had.set(operation.run, {
          ...{ status: "RUNNING", tags: {} },
          described: marks[operation.run]?.described,
        });
      }
    },
    settle(): void {
      describe();
      for (const [run, operation] of statuses) {
        if (had.get(run)?.status !== operation.status) append(operation);
      }
    },
    /** The run goes on and tells its own statuses: the marks are to say that none was emitted. */
    forget(): void {
      describe();
      for (const run of statuses.keys()) {
        const known = marks[run];
        if (known !== undefined) known.status = had.get(run)?.status ?? "RUNNING";
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
