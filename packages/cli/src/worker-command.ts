import { CounterweightError } from "@counterweight/base";
import { createRunner, type RunnerInit, type TrainingBackend } from "@counterweight/experiments";
import { folderStore, type Runner, type Store, serveWorker } from "@counterweight/steps";
import { buildDigest, rebuilt } from "./build-digest.js";

/** What a worker or a job starts with: plain JSON. */
export interface WorkerInit extends RunnerInit {
  /** Folder of the store. */
  readonly store: string;
  /** `buildDigest` of the coordinator: what makes its steps must be the same code. */
  readonly build: string;
}

/** How runner and store are made of what a coordinator sent. */
export interface WorkerParts {
  readonly createRunner: (init: unknown) => Promise<Runner>;
  readonly openStore: (init: unknown) => Store;
}

/**
 * @param backend what trains in this process
 * @returns a `createRunner` that throws CounterweightError `usage` where the coordinator's code was
 * another: its keys stand for what that would have made.
 */
export const workerParts = (backend: TrainingBackend): WorkerParts => ({
  createRunner: async (init) => {
    const checked = workerInit(init);
    if (checked.build !== (await buildDigest())) throw rebuilt();
    return createRunner(checked, backend);
  },
  openStore: (init) => folderStore(workerInit(init).store),
});

/** Serves the pool that started this process; returns at once, the process ends with the pool. */
export function serve(backend: TrainingBackend): void {
  serveWorker({ ...workerParts(backend), close: () => backend.close() });
}

function workerInit(value: unknown): WorkerInit {
  const isInit = (init: unknown): init is WorkerInit =>
    typeof init === "object" &&
    init !== null &&
    "store" in init &&
    "sources" in init &&
    "build" in init;
  if (isInit(value)) return value;
  // Of a coordinator of before the build was told.
  if (typeof value === "object" && value !== null && "sources" in value) throw rebuilt();
  throw new CounterweightError("internal", "a worker was started with another program's settings.");
}
