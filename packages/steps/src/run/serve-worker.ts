import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import type { ExecutorEvent, Runner } from "../executor.js";
import type { Store } from "../store.js";
import { failed, makeStep } from "./make-step.js";
import { type FromWorker, type ToWorker, workerTalk } from "./worker-messages.js";

export interface ServeWorkerOptions {
  /** Called once, with the pool's `init`. */
  readonly createRunner: (init: unknown) => Promise<Runner> | Runner;
  readonly openStore: (init: unknown) => Promise<Store> | Store;
  /** Called before the process ends by itself. */
  readonly close?: () => Promise<void> | void;
  /** How long a running step has to keep its state once the coordinator is gone. Default 5,000. */
  readonly orphanMilliseconds?: number;
}

/** Progress waits so long for more, so that a fast loop does not pay for a message each time. */
const batchMilliseconds = 50;

/**
 * The whole of a worker's script: serves the pool that forked this process, a step at a time, until
 * that is gone. SIGINT is the coordinator's: it reaches all processes of a terminal, and the
 * coordinator tells its workers what follows. Where the coordinator has died, and at SIGTERM and
 * SIGHUP, the running step is told to keep its state, and the process ends.
 * @throws CounterweightError `internal` where no pool has forked this process.
 */
export function serveWorker({
  createRunner,
  openStore,
  close = () => {},
  orphanMilliseconds = 5000,
}: ServeWorkerOptions): void {
  if (process.send === undefined) {
    throw new CounterweightError("internal", "a worker's script was started without a pool.");
  }
  let stop = new AbortController();
  let running: Promise<void> | undefined;
  let set: Promise<Setting> | undefined;
  let leaving = false;

  const leave = () => {
    if (leaving) return;
    leaving = true;
    stop.abort();
    // Not unref'd: a runner that hears nothing must not keep the process.
    setTimeout(() => process.exit(1), orphanMilliseconds);
    void Promise.resolve(running)
      .then(() => close())
      .finally(() => process.exit(0));
  };
  process.on("SIGINT", () => {});
  process.on("SIGTERM", leave);
  process.on("SIGHUP", leave);
  process.on("disconnect", leave);
  // The files behind them may be full or gone; a step is worth more than its talk.
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});

  process.on("message", (message: ToWorker) => {
    switch (message.type) {
      case "init":
        set = setUp(message, createRunner, openStore);
        // Told by the outcome of every step; its stack only here.
        set.catch((error) => {
          if (!(error instanceof CounterweightError)) console.error(error);
        });
        return;
      case "step":
        stop = new AbortController();
        running = work(message, set, stop.signal).finally(() => {
          running = undefined;
        });
        return;
      case "stop":
        stop.abort();
    }
  });
}

interface Setting {
  readonly init: Extract<ToWorker, { type: "init" }>;
  readonly runner: Runner;
  readonly store: Store;
}

async function setUp(
  init: Setting["init"],
  createRunner: ServeWorkerOptions["createRunner"],
  openStore: ServeWorkerOptions["openStore"],
): Promise<Setting> {
  const store = await openStore(init.init);
  return { init, store, runner: await createRunner(init.init) };
}

async function work(
  { step, attempt }: Extract<ToWorker, { type: "step" }>,
  set: Promise<Setting> | undefined,
  signal: AbortSignal,
): Promise<void> {
  const batch = batched((events) => void send({ type: "events", events }));
  try {
    if (set === undefined) throw new CounterweightError("internal", "a step came before the init.");
    const { init, runner, store } = await set;
    const { worker, executor, code, machine, logs } = init;
    const outcome = await makeStep(step, {
      ...{ store, runner, executor, code, machine, attempt, signal, on: batch.push },
      where: `worker ${worker}`,
      log: join(logs, `${step.key}.log`),
      talk: workerTalk(logs, worker),
    });
    batch.flush();
    await send({ type: "outcome", outcome });
  } catch (error) {
    batch.flush();
    const outcome = failed(error);
    await send({ type: "outcome", outcome });
  }
}

/** Gathers events, and gives them on in order. */
function batched(give: (events: readonly ExecutorEvent[]) => void) {
  let waiting: ExecutorEvent[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    const events = waiting;
    waiting = [];
    give(events);
  };
  return {
    flush,
    push: (event: ExecutorEvent) => {
      waiting.push(event);
      timer ??= setTimeout(flush, batchMilliseconds);
    },
  };
}

/**
 * Resolves when the message is on its way, or cannot be: a coordinator that is gone hears nothing,
 * and "disconnect" tells of that.
 */
function send(message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve());
    else resolve();
  });
}
