import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { type HeldStep, heldSteps } from "@counterweight/steps";
import { type CommandIo, exitCodes } from "../io.js";
import { renderProgress } from "../progress/render.js";
import {
  plannedOf,
  type RunningStep,
  rowsPerSecond,
  runSecondsLeft,
  trainingCounts,
  trainingSecondsLeft,
} from "../progress/state.js";
import { checkStorePlace } from "../store/store-place.js";
import { formatCount, formatDuration } from "../words.js";
import { type Coordinator, newestRun, type RunRecord, readRun } from "./read-run.js";

/** `counterweight status [FOLDER]`, as parsed. */
export interface StatusCommand {
  /** Folder of a run's results; the one below `runs` that was written last where absent. */
  readonly folder?: string;
  readonly json: boolean;
}

/** Whether the process that leads a run is there; undefined where this host cannot tell. */
type Life = boolean | undefined;

/** Shows from another terminal what a run does, from its log, its lock and the store's leases. */
export async function statusCommand(
  { folder, json }: StatusCommand,
  io: CommandIo,
): Promise<number> {
  const run = await readRun(folder ?? (await newestRun("runs")));
  if (run.store !== undefined && existsSync(run.store)) checkStorePlace(run.store, "read");
  const held = run.store === undefined ? new Map() : await heldSteps(run.store);
  const life = lifeOf(run.lock);
  const now = io.now().getTime();
  if (json) io.stdout(`${JSON.stringify(statusJson(run, held, life), null, 2)}\n`);
  else io.stdout(`${statusLines(run, { held, life, now, width: io.columns?.() }).join("\n")}\n`);
  return exitCodes.done;
}

function lifeOf(lock: Coordinator | undefined): Life {
  if (lock === undefined) return false;
  return lock.host === hostname() ? isAlive(lock.process) : undefined;
}

interface Look {
  readonly held: ReadonlyMap<string, HeldStep>;
  readonly life: Life;
  readonly now: number;
  readonly width: number | undefined;
}

const usualWidth = 100;
const mostListed = 20;

function statusLines(run: RunRecord, { held, life, now, width = usualWidth }: Look): string[] {
  const { state, trials, trialsDone, started, failures } = run;
  const time = new Date(started).toISOString().slice(0, 19).replace("T", " ");
  const queued = [...state.queued].map(([key, where]) => `${where}: ${labelOf(run, key)}`);
  const elsewhere = [...state.elsewhere].map(([key, who]) => `${labelOf(run, key)}: ${who}`);
  const running = life === false ? [] : renderProgress(state, { width, now });
  return [
    `${run.folder}: ${run.name}, ${formatCount(trialsDone)} of ${formatCount(trials)} trials have results`,
    `started ${time} UTC, last event ${formatDuration((now - run.lastEvent) / 1000)} ago`,
    lifeLine(run, life),
    ...running,
    ...(life === false ? leftLines(run, held) : sinceLines(run, held, now)),
    ...section("queued", queued),
    ...section("made by other runs", elsewhere),
    ...section(
      "failed",
      failures.map(({ label, message }) => `${label}: ${message}`),
    ),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length - mostListed;
  return [
    `${title}:`,
    ...lines.slice(0, mostListed).map((line) => `  ${line}`),
    ...(more > 0 ? [`  ... ${formatCount(more)} more`] : []),
  ];
}

const labelOf = ({ state }: RunRecord, key: string): string =>
  plannedOf(state, key)?.label ?? state.running.get(key)?.label ?? `step ${key.slice(0, 8)}`;

function lifeLine({ lock, ended }: RunRecord, life: Life): string {
  const who = lock === undefined ? "" : `process ${lock.process} on ${lock.host}`;
  if (life === true) return `running: ${who}`;
  if (life === undefined) return `running, as far as can be seen from here: ${who}`;
  if (ended !== undefined) return `ended: ${ended}`;
  const gone = lock === undefined ? "nobody leads it" : `${who} is gone`;
  return `not running: ${gone}; the same command continues`;
}

/** Where each step runs and since when. */
function sinceLines(run: RunRecord, held: Look["held"], now: number): string[] {
  return section(
    "running",
    [...run.state.running].map(([key, step]) => {
      const lease = held.get(key);
      const sign =
        lease === undefined ? "" : `, last sign of life ${lease.silentSeconds.toFixed(0)} s ago`;
      const time = formatDuration((now - step.since) / 1000);
      const again = step.attempt > 1 ? `, attempt ${step.attempt}` : "";
      return `${step.where}: ${step.label}, step ${step.step} of ${step.steps}, for ${time}${again}${sign}`;
    }),
  );
}

/** What ran when the coordinator ended, and whether somebody has it still. */
function leftLines(run: RunRecord, held: Look["held"]): string[] {
  return section(
    "left in the middle",
    [...run.state.running].map(([key, { label, step, steps }]) => {
      const lease = held.get(key);
      const who =
        lease === undefined ? "" : `; process ${lease.process} on ${lease.host} still has it`;
      return `${label}: after step ${step} of ${steps}${who}`;
    }),
  );
}

function statusJson(run: RunRecord, held: Look["held"], life: Life): unknown {
  const { folder, name, trials, trialsDone, state, failures, lock, ended, store } = run;
  return {
    ...{ folder, name, store, trials, trialsDone },
    started: new Date(run.started).toISOString(),
    lastEvent: new Date(run.lastEvent).toISOString(),
    coordinator: lock === undefined ? null : { ...lock, alive: life ?? null },
    ended: ended ?? null,
    trainings: trainingCounts(state),
    secondsLeft: life === false ? null : (runSecondsLeft(state) ?? null),
    running: [...state.running].map(([key, step]) => runningJson(key, step, held.get(key))),
    queued: [...state.queued].map(([key, where]) => ({ key, label: labelOf(run, key), where })),
    elsewhere: [...state.elsewhere].map(([key, who]) => ({ key, label: labelOf(run, key), who })),
    failures,
  };
}

function runningJson(key: string, running: RunningStep, lease: HeldStep | undefined): unknown {
  const { label, where, attempt, since, epoch, step, steps, loss } = running;
  return {
    ...{ key, label, where, attempt, since: new Date(since).toISOString() },
    ...{ epoch, step, steps, loss },
    rowsPerSecond: rowsPerSecond(running),
    secondsLeft: trainingSecondsLeft(running),
    lease: lease ?? null,
  };
}

/** Whether this host has a process of the number. */
function isAlive(number: number): boolean {
  try {
    process.kill(number, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
