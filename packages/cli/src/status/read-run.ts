import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CounterweightError } from "@counterweight/base";
import type { RunEvent, RunStatus } from "@counterweight/experiments";
import { initialProgress, type ProgressState, reduceProgress } from "../progress/state.js";

/** Who works in a run folder, as its `run.lock` says. */
export interface Coordinator {
  readonly process: number;
  readonly host: string;
}

/** What a run folder's files say of its last run. */
export interface RunRecord {
  readonly folder: string;
  readonly name: string;
  readonly trials: number;
  /** Trials with a result. */
  readonly trialsDone: number;
  /** Milliseconds since 1970. */
  readonly started: number;
  readonly lastEvent: number;
  readonly store: string | undefined;
  /** How it ended; undefined where it did not. */
  readonly ended: RunStatus | undefined;
  readonly state: ProgressState;
  /** Messages of failed trainings and steps, by label. */
  readonly failures: readonly { readonly label: string; readonly message: string }[];
  /** Undefined where nobody holds the folder. */
  readonly lock: Coordinator | undefined;
}

/**
 * Reads what a run folder says of its last run; the run may be going on.
 * @throws CounterweightError `usage` where the folder has no event log, or one without a run.
 */
export async function readRun(folder: string): Promise<RunRecord> {
  const path = join(folder, "events.jsonl");
  let record: Omit<RunRecord, "lock"> | undefined;
  try {
    const lines = createInterface({ input: createReadStream(path, "utf8"), crlfDelay: 1 / 0 });
    for await (const line of lines) {
      const logged = eventIn(line);
      if (logged !== undefined) record = after(record, logged.event, logged.time, folder);
    }
  } catch (cause) {
    throw new CounterweightError("usage", "there is no run in this folder.", {
      where: folder,
      fix: "Give the folder of a run's results, such as runs/quickstart.",
      cause,
    });
  }
  if (record === undefined) {
    throw new CounterweightError("usage", "the log has no run yet.", {
      where: path,
      fix: "A run writes it once its data is read: look again a little later.",
    });
  }
  return { ...record, lock: await readLock(folder) };
}

function after(
  record: Omit<RunRecord, "lock"> | undefined,
  event: RunEvent,
  time: number,
  folder: string,
): Omit<RunRecord, "lock"> | undefined {
  if (event.type === "run-start") {
    return {
      ...{ folder, name: event.name, trials: event.trials, trialsDone: 0 },
      ...{ started: time, lastEvent: time, store: undefined, ended: undefined },
      state: initialProgress,
      failures: [],
    };
  }
  if (record === undefined) return undefined;
  const { state: before } = record;
  const state = reduceProgress(before, event, time);
  const next = { ...record, state, lastEvent: time };
  switch (event.type) {
    case "plan":
      return { ...next, store: event.store };
    case "trial":
      return { ...next, trialsDone: record.trialsDone + 1 };
    case "run-end":
      return { ...next, ended: event.status };
    case "training-failed":
    case "step-failed": {
      const isOther = event.type === "step-failed";
      const key = isOther ? event.step : event.training;
      const place = before.places.get(key);
      const label =
        (isOther ? event.label : undefined) ??
        (place === undefined ? undefined : before.planned[place]?.label) ??
        before.running.get(key)?.label ??
        key;
      return { ...next, failures: [...record.failures, { label, message: event.message }] };
    }
    default:
      return next;
  }
}

/** A line of the log; undefined for the last one where it is being written. */
function eventIn(line: string): { readonly event: RunEvent; readonly time: number } | undefined {
  try {
    // A border: only runs write this file, and it is read as they wrote it.
    const event = JSON.parse(line) as RunEvent & { readonly at: string };
    const time = Date.parse(event.at);
    return typeof event.type === "string" && !Number.isNaN(time) ? { event, time } : undefined;
  } catch {
    return undefined;
  }
}

async function readLock(folder: string): Promise<Coordinator | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(join(folder, "run.lock"), "utf8"));
    return isCoordinator(value) ? { process: value.process, host: value.host } : undefined;
  } catch {
    return undefined;
  }
}

const isCoordinator = (value: unknown): value is Coordinator =>
  typeof value === "object" &&
  value !== null &&
  "process" in value &&
  typeof value.process === "number" &&
  "host" in value &&
  typeof value.host === "string";

/**
 * The folder below `runs` whose log was written last.
 * @throws CounterweightError `usage` where there is none.
 */
export async function newestRun(runs: string): Promise<string> {
  const names = await readdir(runs).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const folder = join(runs, name);
      const log = await stat(join(folder, "events.jsonl")).catch(() => undefined);
      return { folder, time: log?.mtimeMs ?? 0 };
    }),
  );
  const newest = found.reduce((best, each) => (each.time > best.time ? each : best), {
    folder: "",
    time: 0,
  });
  if (newest.folder !== "") return newest.folder;
  throw new CounterweightError("usage", "there is no run here.", {
    where: runs,
    fix: "Give the folder of a run's results: counterweight status FOLDER.",
  });
}
