import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("../../bin/counterweight.mjs", import.meta.url));

/** A `counterweight run`: its spec's file, and where results and steps go. */
export interface SweepRun {
  readonly spec: string;
  readonly out: string;
  readonly store: string;
  /** Further words of the command. */
  readonly words?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Modules that the coordinator, and so its workers, load first. */
  readonly preload?: readonly string[];
}

export interface SweepEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  readonly milliseconds: number;
}

/** A sweep at work in a process group of its own. */
export interface RunningSweep {
  readonly pid: number;
  readonly ended: Promise<SweepEnd>;
  readonly isOver: () => boolean;
  /** Its worker processes. Linux only. */
  readonly workers: () => number[];
  /** Sends a signal to the coordinator and all workers at once. */
  readonly signalAll: (signal: NodeJS.Signals) => void;
  /** Calls back at every event, with its number from 1. */
  readonly onEvent: (listener: (event: SweepEvent, number: number) => void) => void;
}

/** What is read here of an event of `--json`. */
export interface SweepEvent {
  readonly type: string;
}

/** Starts the committed command, with its events read from `--json`. */
export function startSweep(run: SweepRun): RunningSweep {
  const { spec, out, store, words = [], environment = {}, preload = [] } = run;
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...preload.flatMap((module) => ["--import", module]),
      ...[command, "run", spec, "--out", out, "--store", store, "--json", ...words],
    ],
    {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      env: { ...process.env, ...environment },
    },
  );
  const listeners: ((event: SweepEvent, number: number) => void)[] = [];
  let count = 0;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const event = eventIn(line);
    if (event === undefined) return;
    count += 1;
    for (const listener of listeners) listener(event, count);
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  let over = false;
  const ended = new Promise<SweepEnd>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => {
      over = true;
    });
    // Workers write to files of their own: none holds the pipes of a dead coordinator.
    child.once("close", (code, signal) =>
      resolve({ code, signal, stderr, milliseconds: performance.now() - began }),
    );
  });
  const pid = pidOf(child);
  return {
    pid,
    ended,
    isOver: () => over,
    workers: () => childrenOf(pid),
    signalAll: (signal) => sendSignal(-pid, signal),
    onEvent: (listener) => listeners.push(listener),
  };
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error("the command could not be started");
  return pid;
}

/** A process that is gone gets no signal: false. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return text.split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** A kill may cut the last line. */
function eventIn(line: string): SweepEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isEvent = (one: unknown): one is SweepEvent =>
      typeof one === "object" && one !== null && "type" in one;
    return isEvent(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
