import { join } from "node:path";
import type { ExecutorEvent, Outcome } from "../executor.js";
import type { Step } from "../step.js";
import type { MachineRecord } from "../store.js";

/** From the coordinator to a worker. */
export type ToWorker =
  /** Once, first. */
  | {
      readonly type: "init";
      /** What the worker's runner and store are made of. */
      readonly init: unknown;
      readonly worker: number;
      readonly executor: string;
      readonly code: Readonly<Record<string, unknown>>;
      readonly machine: MachineRecord;
      readonly logs: string;
    }
  | { readonly type: "step"; readonly step: Step; readonly attempt: number }
  /** Keep what a later attempt can go on from, and answer with an outcome. */
  | { readonly type: "stop" };

/** From a worker to the coordinator. */
export type FromWorker =
  | { readonly type: "events"; readonly events: readonly ExecutorEvent[] }
  | { readonly type: "outcome"; readonly outcome: Outcome };

/** File of what a worker writes on its standard output and error. */
export const workerTalk = (logs: string, worker: number): string =>
  join(logs, `worker-${worker}.log`);
