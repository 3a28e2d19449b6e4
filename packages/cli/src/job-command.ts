import { codeOf, environmentRecord, type TrainingBackend } from "@counterweight/experiments";
import { serveJob } from "@counterweight/steps";
import { workerParts } from "./worker-command.js";

/**
 * Makes the step that a job's folder orders; see `serveJob` for what it leaves and returns.
 * @param backend what trains in this process
 */
export async function jobCommand(folder: string, backend: TrainingBackend): Promise<number> {
  try {
    // Its own, not the coordinator's: a job may start hours later.
    const code = codeOf(await environmentRecord(), backend);
    return await serveJob(folder, { ...workerParts(backend), code });
  } finally {
    await backend.close();
  }
}
