import type { TrainingBackend } from "@counterweight/experiments";
import { serveJob } from "@counterweight/steps";
import { workerParts } from "./worker-command.js";

/**
 * Makes the step that a job's folder orders; see `serveJob` for what it leaves and returns.
 * @param backend what trains in this process
 */
export async function jobCommand(folder: string, backend: TrainingBackend): Promise<number> {
  try {
    return await serveJob(folder, workerParts(backend));
  } finally {
    await backend.close();
  }
}
