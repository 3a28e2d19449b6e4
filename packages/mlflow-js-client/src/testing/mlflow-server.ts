import { execFile, spawn } from "node:child_process";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** An installed MLflow. */
export interface FoundMlflow {
  /** The `mlflow` program. */
  readonly program: string;
  /** The Python that has it. */
  readonly python: string;
  /** As "3.17.2". */
  readonly version: string;
  /** Whether its server can be started with `--app-name basic-auth` (needs `mlflow[auth]`). */
  readonly hasBasicAuth: boolean;
}

const ASK = [
  "import importlib.util as u, importlib.metadata as m, json, os, sys",
  "program = os.path.join(os.path.dirname(sys.executable), 'mlflow')",
  "os.access(program, os.X_OK) or exit(1)",
  "hasBasicAuth = u.find_spec('flask_wtf') is not None",
  "found = {'program': program, 'version': m.version('mlflow'), 'hasBasicAuth': hasBasicAuth}",
  "print(json.dumps(found))",
].join("\n");

/**
 * The MLflow of the Python that the variable `MLFLOW_PYTHON` names, else of `python3` on the path;
 * undefined where that has none. For tests.
 */
export async function findMlflow(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<FoundMlflow | undefined> {
  const python = env.MLFLOW_PYTHON ?? "python3";
  try {
    const { stdout } = await run(python, ["-c", ASK], { timeout: 60_000, env: { ...env } });
    return { ...JSON.parse(stdout), python };
  } catch {
    return undefined;
  }
}

export interface MlflowServerOptions {
  /** The `mlflow` program; the one on the path where it is left out. */
  readonly program?: string;
  /** Where its database and artifacts are; a temporary folder, removed at the end, where left out. */
  readonly folder?: string;
  /** A port that is free; the system's choice where it is left out. */
  readonly port?: number;
  /** More arguments of `mlflow server`, as `["--app-name", "basic-auth"]`. */
  readonly arguments?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** How long it may take until it answers, in milliseconds. 120,000 where it is left out. */
  readonly timeoutMs?: number;
}

/** A running MLflow server. */
export interface MlflowServer {
  /** As `http://127.0.0.1:40123`. */
  readonly trackingUri: string;
  readonly port: number;
  /** Holds `mlflow.db`, `artifacts/` and `server.log`. */
  readonly folder: string;
  readonly processId: number;
  /** What it has written so far. */
  log(): Promise<string>;
  /** Ends it and its children, and removes a temporary folder. */
  stop(options?: { readonly keepFolder?: boolean }): Promise<void>;
}

/** A port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address === "object" && address !== null) return address.port;
  throw new Error("the system gave no port");
}

/**
 * Starts `mlflow server` with an SQLite store on 127.0.0.1 and waits until it answers. For tests.
 * @throws Error with the end of the server's log where it ends or stays silent.
 */
export async function startMlflowServer(options: MlflowServerOptions = {}): Promise<MlflowServer> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "mlflow-server-")));
  const port = options.port ?? (await freePort());
  const logFile = join(folder, "server.log");
  const output = await open(logFile, "a");
  const child = spawn(
    options.program ?? "mlflow",
    [
      ...["server", "--host", "127.0.0.1", "--port", `${port}`, "--workers", "1"],
      ...["--backend-store-uri", `sqlite:///${join(folder, "mlflow.db")}`],
      ...["--artifacts-destination", join(folder, "artifacts"), ...(options.arguments ?? [])],
    ],
    {
      cwd: folder,
      // A group of its own, so that all its children can be ended with it.
      detached: true,
      stdio: ["ignore", output.fd, output.fd],
      env: {
        ...process.env,
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
        MLFLOW_DISABLE_TELEMETRY: "true",
        ...options.env,
      },
    },
  );
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve()).once("error", () => resolve());
  });
  await output.close();
  const { pid } = child;
  const log = () => readFile(logFile, "utf8");
  const endWithUs = () => signalGroup(pid, "SIGKILL");
  process.once("exit", endWithUs);
  const stop = async ({ keepFolder = options.folder !== undefined } = {}) => {
    await endGroup(pid, ended);
    process.off("exit", endWithUs);
    if (!keepFolder) await rm(folder, { recursive: true, force: true });
  };
  const trackingUri = `http://127.0.0.1:${port}`;
  if (pid !== undefined && (await answers(trackingUri, ended, options.timeoutMs ?? 120_000))) {
    return { trackingUri, port, folder, processId: pid, log, stop };
  }
  const text = await log();
  await stop();
  throw new Error(`mlflow server did not start:\n${text.slice(-2000)}`);
}

async function answers(uri: string, ended: Promise<void>, timeoutMs: number): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  while (!isOver && Date.now() < end) {
    try {
      const response = await fetch(`${uri}/health`, { signal: AbortSignal.timeout(5000) });
      if (response.ok && (await response.text()) === "OK") return true;
    } catch {
      // Not yet.
    }
    await sleep(150);
  }
  return false;
}

/** TERM, and KILL after 15 s, to every process of the group. */
async function endGroup(pid: number | undefined, ended: Promise<void>): Promise<void> {
  signalGroup(pid, "SIGTERM");
  const patience = new AbortController();
  const late = sleep(15_000, undefined, { signal: patience.signal }).then(
    () => signalGroup(pid, "SIGKILL"),
    () => undefined,
  );
  await Promise.race([ended, late]);
  patience.abort();
  await ended;
  signalGroup(pid, "SIGKILL");
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing is left of it.
  }
}
