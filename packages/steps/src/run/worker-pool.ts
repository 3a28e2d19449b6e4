import type { Executor, Outcome } from "../executor.js";
import type { Step } from "../step.js";
import type { MachineRecord } from "../store.js";
import { machineRecord } from "./machine-record.js";
import { type PoolWorker, poolWorker } from "./pool-worker.js";

export interface WorkerPoolOptions {
  /** Processes at most; each is started when it is first needed. */
  readonly workers: number;
  /** File of the workers' program, which calls `serveWorker`. */
  readonly script: string;
  readonly argv?: readonly string[];
  /** Node's own arguments; default: this process's. */
  readonly execArgv?: readonly string[];
  /** What `serveWorker` makes its runner and store of; must survive a structured clone. */
  readonly init: unknown;
  /** Folder for a log file a step, named by its key, and one a worker. */
  readonly logs: string;
  /** For the entries' records; see `EntryRecord`. Default: empty. */
  readonly code?: Readonly<Record<string, unknown>>;
  /** Default: `machineRecord()`. */
  readonly machine?: MachineRecord;
  /** How long a worker that was told to stop may take before it is killed. Default 30,000. */
  readonly graceMilliseconds?: number;
}

/**
 * Local worker processes, each making a step at a time and kept for the next. One that dies is
 * replaced; its step failed with `again`. The environment, and so the threads of libraries, is this
 * process's.
 */
export function workerPool({
  workers,
  script,
  argv = [],
  execArgv,
  init,
  logs,
  code = {},
  machine = machineRecord(),
  graceMilliseconds = 30_000,
}: WorkerPoolOptions): Executor {
  const executor = "pool";
  const slots: (PoolWorker | undefined)[] = Array.from({ length: workers }, () => undefined);
  const free = slots.map((_, index) => index).reverse();
  const waiting: ((slot: number) => void)[] = [];
  const stopAll = new AbortController();

  const take = async (): Promise<number> =>
    free.pop() ?? new Promise<number>((resolve) => waiting.push(resolve));
  const give = (slot: number): void => {
    const next = waiting.shift();
    if (next === undefined) free.push(slot);
    else next(slot);
  };
  const workerIn = (slot: number): PoolWorker => {
    const present = slots[slot];
    if (present?.isAlive()) return present;
    const number = slot + 1;
    const first = { type: "init", init, worker: number, executor, code, machine, logs } as const;
    const worker = poolWorker({
      ...{ number, script, argv, execArgv, logs, graceMilliseconds, init: first },
    });
    slots[slot] = worker;
    return worker;
  };

  const running = new Set<Promise<unknown>>();

  return {
    ...{ name: executor, capacity: workers, takesWaiting: false },
    execute: (step, options) => {
      const end = executeInSlot(step, options);
      running.add(end);
      const forget = () => running.delete(end);
      end.then(forget, forget);
      return end;
    },
    close: async () => {
      stopAll.abort();
      // A worker that loses its coordinator has less time than one that is told to stop.
      await Promise.allSettled(running);
      await Promise.all(slots.map((worker) => worker?.close()));
    },
  };

  async function executeInSlot(
    step: Step,
    { signal, on, attempt = 1 }: Parameters<Executor["execute"]>[1],
  ): Promise<Outcome> {
    const slot = await take();
    const stop = new AbortController();
    const abort = () => stop.abort();
    for (const cause of [signal, stopAll.signal]) {
      if (cause.aborted) abort();
      cause.addEventListener("abort", abort);
    }
    try {
      return await workerIn(slot).execute(step, { signal: stop.signal, on, attempt });
    } finally {
      for (const cause of [signal, stopAll.signal]) cause.removeEventListener("abort", abort);
      give(slot);
    }
  }
}
