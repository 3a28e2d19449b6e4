import { type ChildProcess, fork } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import type { Executor, Outcome } from "../executor.js";
import type { Step } from "../step.js";
import { readFrom, sizeOf } from "./process-talk.js";
import { type FromWorker, type ToWorker, workerTalk } from "./worker-messages.js";

export interface PoolWorkerOptions {
  readonly number: number;
  readonly script: string;
  readonly argv: readonly string[];
  readonly execArgv: readonly string[] | undefined;
  readonly logs: string;
  readonly graceMilliseconds: number;
  readonly init: Extract<ToWorker, { type: "init" }>;
}

/** One worker process, started when it is first given a step. */
export interface PoolWorker {
  readonly execute: Executor["execute"];
  /** Whether its process is there and another step may be given. */
  readonly isAlive: () => boolean;
  /** Ends the process, by force after the grace period. */
  readonly close: () => Promise<void>;
}

/** Bytes of a dead worker's talk that are looked at for its last words. */
const lastWords = 4000;

export function poolWorker(options: PoolWorkerOptions): PoolWorker {
  const { number, logs, graceMilliseconds } = options;
  const talk = workerTalk(logs, number);
  let child: ChildProcess | undefined;
  let exited: Promise<void> = Promise.resolve();
  let dead = false;
  let onDeath = () => {};

  function start(): ChildProcess {
    mkdirSync(logs, { recursive: true });
    // A file, not a pipe: what a dying process says last is there, and a dead coordinator stops none.
    const output = openSync(talk, "a");
    try {
      const { script, argv, execArgv } = options;
      const started = fork(script, [...argv], {
        serialization: "advanced",
        stdio: ["ignore", output, output, "ipc"],
        ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
      });
      exited = new Promise((resolve) => {
        const end = () => {
          dead = true;
          onDeath();
          resolve();
        };
        started.once("exit", end);
        // It never started, so that no exit follows. Later errors, as of a kill, are no one's.
        started.on("error", () => {
          if (started.pid === undefined) end();
        });
      });
      send(started, options.init);
      return started;
    } finally {
      closeSync(output);
    }
  }

  async function execute(
    step: Step,
    { signal, on, attempt = 1 }: Parameters<Executor["execute"]>[1],
  ): Promise<Outcome> {
    if (signal.aborted) return { kind: "stopped" };
    child ??= start();
    const own = child;
    const from = await sizeOf(talk);
    let timer: NodeJS.Timeout | undefined;
    const stop = () => {
      send(own, { type: "stop" });
      timer ??= setTimeout(() => own.kill("SIGKILL"), graceMilliseconds);
    };
    const outcome = await new Promise<Outcome | undefined>((resolve) => {
      own.on("message", function listen(message: FromWorker) {
        if (message.type === "events") for (const event of message.events) on(event);
        if (message.type !== "outcome") return;
        own.off("message", listen);
        resolve(message.outcome);
      });
      onDeath = () => resolve(undefined);
      if (dead) onDeath();
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      else send(own, { type: "step", step, attempt });
    });
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    return finish(step, own, outcome, signal, from);
  }

  /** Adds what the process said meanwhile to the step's log, and gives a death its reason. */
  async function finish(
    step: Step,
    { pid, exitCode, signalCode }: ChildProcess,
    outcome: Outcome | undefined,
    signal: AbortSignal,
    from: number,
  ): Promise<Outcome> {
    const log = join(logs, `${step.key}.log`);
    // The outcome matters more than what was said on the way.
    const said = await readFrom(talk, from, lastWords).catch(() => "");
    const end = pid === undefined ? "could not be started" : howItEnded(exitCode, signalCode);
    const death = outcome === undefined ? `worker ${number} ${end}\n` : "";
    if (said !== "" || death !== "") {
      await appendFile(log, `${said}${death}`).catch(() => undefined);
    }
    if (outcome !== undefined) {
      return outcome.kind === "failed" && outcome.log === undefined ? { ...outcome, log } : outcome;
    }
    if (signal.aborted) return { kind: "stopped" };
    const words = said.trimEnd().split("\n").slice(-12).join("\n").slice(-1500);
    const message = `Worker ${number} ${end}.${words === "" ? "" : ` Its last lines:\n${words}`}`;
    return { kind: "failed", message, again: true, log };
  }

  return {
    execute,
    isAlive: () => !dead,
    close: async () => {
      const own = child;
      if (own === undefined || dead) return;
      if (own.connected) own.disconnect();
      const timer = setTimeout(() => own.kill("SIGKILL"), graceMilliseconds);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** A worker that is gone hears nothing; its exit tells of that. */
function send(child: ChildProcess, message: ToWorker): void {
  if (child.connected) child.send(message, () => {});
}

function howItEnded(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === "SIGKILL") return "was killed by SIGKILL, as the system does when memory is short";
  return signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`;
}
