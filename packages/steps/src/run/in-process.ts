import { join } from "node:path";
import type { Executor, Runner } from "../executor.js";
import type { MachineRecord, Store } from "../store.js";
import { machineRecord } from "./machine-record.js";
import { makeStep } from "./make-step.js";

export interface InProcessOptions {
  readonly store: Store;
  readonly runner: Runner;
  /** For the entries' records; see `EntryRecord`. Default: empty. */
  readonly code?: Readonly<Record<string, unknown>>;
  /** Default: `machineRecord()`. */
  readonly machine?: MachineRecord;
  /** Folder for a log file a step, named by its key. */
  readonly logs?: string;
}

/** Makes steps in this process, one after the other. */
export function inProcess({
  store,
  runner,
  code = {},
  machine = machineRecord(),
  logs,
}: InProcessOptions): Executor {
  let last: Promise<unknown> = Promise.resolve();
  return {
    name: "in-process",
    capacity: 1,
    takesWaiting: false,
    execute: (step, { signal, on, attempt = 1 }) => {
      const next = last.then(() =>
        makeStep(step, {
          ...{ store, runner, code, machine, signal, on, attempt },
          executor: "in-process",
          where: "in-process",
          ...(logs === undefined ? {} : { log: join(logs, `${step.key}.log`) }),
        }),
      );
      last = next.catch(() => undefined);
      return next;
    },
    close: async () => {
      await last;
    },
  };
}
