import { resolve } from "node:path";

/** A command as `child_process.spawn` takes it. */
export interface MlflowCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** To be set beside the environment that there is. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface MlflowUiOptions {
  /** 5000 where it is left out. */
  readonly port?: number;
}

/**
 * The command that opens a store's folder with the real MLflow (3.7 and later), on this machine
 * only. Without `MLFLOW_ALLOW_FILE_STORE` MLflow refuses its own file layout; one worker is enough
 * for one person, and the job runner does not work with files.
 */
export function mlflowUiCommand(folder: string, options: MlflowUiOptions = {}): MlflowCommand {
  const root = resolve(folder);
  return {
    command: "mlflow",
    args: [
      "server",
      ...["--host", "127.0.0.1"],
      ...["--port", String(options.port ?? 5000)],
      ...["--workers", "1"],
      ...["--backend-store-uri", root],
      // For experiments made in the browser, whose artifacts then come into the same layout.
      ...["--artifacts-destination", root],
    ],
    environment: {
      MLFLOW_ALLOW_FILE_STORE: "true",
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
    },
  };
}
