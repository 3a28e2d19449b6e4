import type { Store } from "../store.js";
import { type RunCommand, runCommand } from "./client.js";
import { checkFlags, checkFolder, type SlurmRequest } from "./submission.js";

export interface SlurmOptions extends SlurmRequest {
  /** Folder for orders, records and logs, which the nodes see under the same path. */
  readonly folder: string;
  readonly store: Store;
  /**
   * Program and arguments of a worker that calls `serveJob(FOLDER, ...)`; `--job FOLDER` is added.
   * Paths in it hold on the nodes too.
   */
  readonly command: readonly string[];
  /** For the worker's `createRunner` and `openStore`, plain JSON. */
  readonly init?: unknown;
  /** Requests for kinds of steps; they go before the steps' own resources. */
  readonly kinds?: Readonly<Record<string, SlurmRequest>>;
  /** Lines of `sh` before the worker's start, such as "module load nodejs". */
  readonly setup?: readonly string[];
  /** What of the environment jobs get, as for `sbatch --export`. Default "ALL". */
  readonly export?: string;
  /** Start of the jobs' names. Default "counterweight". */
  readonly name?: string;
  /** Working folder of the jobs. Default: this process's. */
  readonly cwd?: string;
  /** Steps to have queued at once. Default 1000. */
  readonly maxQueued?: number;
  /** Tasks of one array that may run at once. Default: no limit. */
  readonly arrayLimit?: number;
  /** How often a lost, preempted or timed-out job is submitted again. Default 2. */
  readonly resubmissions?: number;
  /** Whether Slurm itself may start jobs again. Default false. */
  readonly requeue?: boolean;
  /**
   * What an aborted signal does to submitted jobs: they go on ("leave", default), or end ("cancel").
   * With the reason `withdrawn` they end always.
   */
  readonly onAbort?: "leave" | "cancel";
  /** Between two looks; grows to 10 s while nothing changes. Default 2. */
  readonly pollSeconds?: number;
  /** For how long steps wait for a controller that does not answer. Default 600. */
  readonly controllerPatienceSeconds?: number;
  /** For a record to show on a shared file system after its job ended. Default 15. */
  readonly settleSeconds?: number;
  /** With a reason to wait that never passes, such as PartitionConfig. Default 30. */
  readonly hopelessSeconds?: number;
  /** With nodes or a partition not available. Default 1800. */
  readonly unavailableSeconds?: number;
  /** Of one command of Slurm. Default 60. */
  readonly commandTimeoutSeconds?: number;
  /** Told of what a person should know: jobs lost, the controller away. */
  readonly onWarning?: (message: string) => void;
  /** Runs `sbatch` and its like. Default: as child processes. */
  readonly run?: RunCommand;
}

export type ResolvedSlurmOptions = Required<Omit<SlurmOptions, keyof SlurmRequest>> & {
  readonly request: SlurmRequest;
};

/** @throws CounterweightError `usage` for a folder or flags that cannot be used */
export function resolveOptions(options: SlurmOptions): ResolvedSlurmOptions {
  const { memoryMegabytes, minutes, partition, account, flags, arrayLimit, ...others } = options;
  checkFolder(options.folder);
  for (const request of [options, ...Object.values(options.kinds ?? {})]) {
    checkFlags(request.flags ?? []);
  }
  return {
    init: null,
    kinds: {},
    setup: [],
    export: "ALL",
    name: "counterweight",
    cwd: process.cwd(),
    maxQueued: 1000,
    resubmissions: 2,
    requeue: false,
    onAbort: "leave",
    pollSeconds: 2,
    controllerPatienceSeconds: 600,
    settleSeconds: 15,
    hopelessSeconds: 30,
    unavailableSeconds: 1800,
    commandTimeoutSeconds: 60,
    onWarning: () => {},
    run: runCommand,
    ...others,
    arrayLimit: arrayLimit ?? 0,
    request: {
      ...(memoryMegabytes === undefined ? {} : { memoryMegabytes }),
      ...(minutes === undefined ? {} : { minutes }),
      ...(partition === undefined ? {} : { partition }),
      ...(account === undefined ? {} : { account }),
      ...(flags === undefined ? {} : { flags }),
    },
  };
}
