import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { CreateExecutor, ExecutorParts, ResolvedSpec } from "@counterweight/experiments";
import { type Executor, workerPool } from "@counterweight/steps";
import type { WorkerInit } from "./worker-command.js";

/** Who is to make the steps. */
export interface ExecutorChoice {
  readonly executor: "pool" | "in-process" | "slurm";
  /** Worker processes; null: as many as cores for the threads of a training. */
  readonly jobs: number | null;
  readonly spec: ResolvedSpec;
}

/** The committed command: it starts workers and jobs with the same build as this process. */
const command = fileURLToPath(new URL("../bin/counterweight.mjs", import.meta.url));

/** What makes the executor of a run; undefined for this process itself. */
export function createExecutorFor(choice: ExecutorChoice): CreateExecutor | undefined {
  switch (choice.executor) {
    case "in-process":
      return undefined;
    case "pool":
      return (parts) => pool(parts, choice);
    case "slurm":
      return (parts) => slurm(parts, choice);
  }
}

/** Worker processes of a pool: given, or one for each core that the threads of a training leave. */
export function workersOf({ jobs, spec }: Pick<ExecutorChoice, "jobs" | "spec">): number {
  const threads = Math.max(1, spec.settings.train.threads);
  return jobs ?? Math.max(1, Math.floor(availableParallelism() / threads));
}

const initOf = ({ init, store }: ExecutorParts): WorkerInit => ({ ...init, store: store.folder });

function pool(parts: ExecutorParts, choice: ExecutorChoice): Executor {
  const { logs, code } = parts;
  return workerPool({
    workers: workersOf(choice),
    script: command,
    argv: ["worker"],
    init: initOf(parts),
    logs,
    code,
  });
}

function slurm(_parts: ExecutorParts, _choice: ExecutorChoice): Executor {
  throw new Error("to come");
}
