import { CounterweightError } from "@counterweight/base";
import { createRunner, type RunnerInit, type TrainingBackend } from "@counterweight/experiments";
import { folderStore, type Runner, type Store, serveWorker } from "@counterweight/steps";

/** What a worker or a job starts with: plain JSON. */
export interface WorkerInit extends RunnerInit {
  /** Folder of the store. */
  readonly store: string;
}

/** How runner and store are made of what a coordinator sent. */
export interface WorkerParts {
  readonly createRunner: (init: unknown) => Runner;
  readonly openStore: (init: unknown) => Store;
}

/** @param backend what trains in this process */
export const workerParts = (backend: TrainingBackend): WorkerParts => ({
  createRunner: (init) => createRunner(workerInit(init), backend),
  openStore: (init) => folderStore(workerInit(init).store),
});

/** Serves the pool that started this process; returns at once, the process ends with the pool. */
export function serve(backend: TrainingBackend): void {
  serveWorker({ ...workerParts(backend), close: () => backend.close() });
}

function workerInit(value: unknown): WorkerInit {
  const isInit = (init: unknown): init is WorkerInit =>
    typeof init === "object" && init !== null && "store" in init && "sources" in init;
  if (isInit(value)) return value;
  throw new CounterweightError("internal", "a worker was started with another program's settings.");
}
