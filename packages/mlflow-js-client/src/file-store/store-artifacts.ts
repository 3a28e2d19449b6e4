import type { FileInfo } from "../entities.js";
import { MlflowError } from "../errors.js";
import type { CallOptions } from "../tracking-store.js";
import {
  copyArtifact,
  copyArtifacts,
  fetchArtifacts,
  listFiles,
  readArtifact,
  writeArtifact,
} from "./artifact-files.js";
import type { PlacedRun } from "./run-folders.js";

/** @throws MlflowError `ABORTED` where the caller's signal says so. */
export type AbortCheck = () => void;

/** A check of a signal. */
export const abortCheck =
  (signal: AbortSignal | undefined): AbortCheck =>
  () => {
    if (signal?.aborted !== true) return;
    throw new MlflowError("The call was stopped.", { errorCode: "ABORTED", cause: signal.reason });
  };

/** The artifacts of a file store: plain files in the run's folder. Each appears whole or not at all. */
export abstract class StoreArtifacts {
  /** Finds a run and works on it. */
  protected abstract atRun<T>(
    runId: string,
    options: CallOptions,
    work: (run: PlacedRun, check: AbortCheck) => Promise<T>,
  ): Promise<T>;

  async logArtifact(
    runId: string,
    localPath: string,
    artifactPath?: string,
    options: CallOptions = {},
  ): Promise<void> {
    await this.atRun(runId, options, (run) => copyArtifact(run, localPath, artifactPath));
  }

  async logArtifacts(
    runId: string,
    localFolder: string,
    artifactPath?: string,
    options: CallOptions = {},
  ): Promise<void> {
    await this.atRun(runId, options, (run, check) =>
      copyArtifacts(run, localFolder, artifactPath, check),
    );
  }

  async logBytes(
    runId: string,
    content: Uint8Array | string,
    artifactFile: string,
    options: CallOptions = {},
  ): Promise<void> {
    await this.atRun(runId, options, (run) => writeArtifact(run, content, artifactFile));
  }

  async listArtifacts(
    runId: string,
    path = "",
    options: CallOptions = {},
  ): Promise<readonly FileInfo[]> {
    return this.atRun(runId, options, (run) => listFiles(run, path));
  }

  async downloadArtifact(
    runId: string,
    path: string,
    options: CallOptions = {},
  ): Promise<Uint8Array> {
    return this.atRun(runId, options, (run) => readArtifact(run, path));
  }

  async downloadArtifacts(
    runId: string,
    path: string,
    destinationFolder: string,
    options: CallOptions = {},
  ): Promise<string> {
    return this.atRun(runId, options, (run, check) =>
      fetchArtifacts(run, path, destinationFolder, check),
    );
  }
}
