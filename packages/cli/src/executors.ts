import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CounterweightError } from "@counterweight/base";
import type { CreateExecutor, ExecutorParts, ResolvedSpec, Spec } from "@counterweight/experiments";
import { type Executor, type SlurmRequest, slurmExecutor, workerPool } from "@counterweight/steps";
import { buildDigest, noticingRebuild } from "./build-digest.js";
import type { WorkerInit } from "./worker-command.js";

/** Who is to make the steps. */
export interface ExecutorChoice {
  readonly executor: "pool" | "in-process" | "slurm";
  /** Worker processes; null: as many as cores for the threads of a training. */
  readonly jobs: number | null;
  readonly spec: ResolvedSpec;
  /** Told of what a person should know of a queue: jobs lost, the controller away. */
  readonly onWarning?: (message: string) => void;
}

/** The committed command: it starts workers and jobs with the same build as this process. */
const command = fileURLToPath(new URL("../bin/counterweight.mjs", import.meta.url));

/** What makes the executor of a run; undefined for this process itself. */
export function createExecutorFor(choice: ExecutorChoice): CreateExecutor | undefined {
  switch (choice.executor) {
    case "in-process":
      return undefined;
    case "pool": {
      const build = buildAtStart();
      return async (parts) => noticingRebuild(pool(parts, choice, await build), build);
    }
    case "slurm": {
      const build = buildAtStart();
      return async (parts) => {
        await checkSlurm();
        return noticingRebuild(slurm(parts, choice, await build), build);
      };
    }
  }
}

/** Asked for at once: reading data may take long enough for a build. */
function buildAtStart(): Promise<string> {
  const build = buildDigest();
  build.catch(() => undefined);
  return build;
}

/** Worker processes of a pool: given, or one for each core that the threads of a training leave. */
export function workersOf({ jobs, spec }: Pick<ExecutorChoice, "jobs" | "spec">): number {
  const threads = Math.max(1, spec.settings.train.threads);
  return jobs ?? Math.max(1, Math.floor(availableParallelism() / threads));
}

const initOf = ({ init, store }: ExecutorParts, build: string): WorkerInit => ({
  ...init,
  store: store.folder,
  build,
});

function pool(parts: ExecutorParts, choice: ExecutorChoice, build: string): Executor {
  const { logs, code } = parts;
  return workerPool({
    workers: workersOf(choice),
    script: command,
    argv: ["worker"],
    init: initOf(parts, build),
    logs,
    code,
  });
}

function slurm(parts: ExecutorParts, { spec, onWarning }: ExecutorChoice, build: string): Executor {
  const { run, name } = spec.settings;
  const { steps, maxQueued, ...request } = run.slurm;
  return slurmExecutor({
    folder: join(parts.out, "slurm"),
    store: parts.store,
    command: [process.execPath, command, "job"],
    init: initOf(parts, build),
    name,
    maxQueued,
    resubmissions: run.retries,
    kinds: Object.fromEntries(
      Object.entries(steps).flatMap(([kind, own]) =>
        own === undefined ? [] : [[kind, requestOf(own)]],
      ),
    ),
    ...(onWarning === undefined ? {} : { onWarning }),
    ...requestOf(request),
  });
}

/** @throws CounterweightError `usage` where there is no Slurm to submit to */
async function checkSlurm(): Promise<void> {
  try {
    await promisify(execFile)("sbatch", ["--version"], { timeout: 60_000 });
  } catch (cause) {
    throw new CounterweightError(
      "usage",
      "sbatch cannot be started: Slurm is not installed here.",
      {
        where: "--executor slurm",
        fix: "Run on a login node of the cluster, or use --executor pool.",
        cause,
      },
    );
  }
}

type WrittenRequest = Omit<Spec["run"]["slurm"], "maxQueued" | "steps">;

/** What a spec asks of Slurm in Slurm's own words: as flags, since they are its to read. */
function requestOf(written: WrittenRequest): SlurmRequest {
  const { partition, account, time, memory } = written;
  const flags = [
    ...(time === undefined ? [] : [`--time=${time}`]),
    ...(memory === undefined ? [] : [`--mem=${memory}`]),
    ...(written.arguments ?? []),
  ];
  return {
    ...(partition === undefined ? {} : { partition }),
    ...(account === undefined ? {} : { account }),
    ...(flags.length === 0 ? {} : { flags }),
  };
}
