import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { slurmExecutor } from "../slurm/executor.js";
import type { SlurmOptions } from "../slurm/options.js";
import { type FolderStore, folderStore } from "../store/folder-store.js";

const script = fileURLToPath(new URL("../../../../scripts/slurm-local.sh", import.meta.url));
const worker = fileURLToPath(
  new URL("../../dist/testing/slurm-worker.fixture.js", import.meta.url),
);
const PATH = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`;

/** Whether all parts of a private cluster are installed here. */
export const hasSlurm = ["sbatch", "slurmctld", "slurmd", "munged"].every(
  (name) => spawnSync("which", [name], { env: { PATH } }).status === 0,
);

/** A private Slurm of two nodes; `sbatch` and its like of this process use it until `down`. */
export interface SlurmCluster {
  readonly folder: string;
  /** Its daemons' folder. */
  readonly place: string;
  /** Output of one of Slurm's commands. */
  readonly slurm: (command: string, ...args: string[]) => Promise<string>;
  readonly stopController: () => Promise<void>;
  readonly startController: () => Promise<void>;
  readonly down: () => void;
}

export function startCluster(settings: Readonly<Record<string, string>> = {}): SlurmCluster {
  // Slurm's sockets lie below it, and their paths may have 108 bytes.
  const folder = mkdtempSync("/tmp/cw-slurm-");
  const place = join(folder, "cluster");
  const env = { ...process.env, PATH, SLURM_LOCAL_CPUS: "2", ...settings };
  execFileSync(script, [place, "up"], { env, stdio: ["ignore", "ignore", "inherit"] });
  const before = process.env.SLURM_CONF;
  const conf = join(place, "slurm.conf");
  process.env.SLURM_CONF = conf;
  const slurm = async (command: string, ...args: string[]): Promise<string> =>
    (await promisify(execFile)(command, args, { env: { ...env, SLURM_CONF: conf } })).stdout.trim();
  const pid = () => Number(readFileSync(join(place, "run", "slurmctld.pid"), "utf8"));
  return {
    ...{ folder, place, slurm },
    stopController: async () => {
      const running = pid();
      process.kill(running, "SIGKILL");
      // A process that nobody reaped yet is as good as gone.
      const gone = () => {
        const status = spawnSync("ps", ["-o", "stat=", "-p", String(running)]).stdout.toString();
        return status === "" || status.startsWith("Z");
      };
      while (!gone()) await new Promise((resolve) => setTimeout(resolve, 50));
    },
    startController: async () => {
      await slurm("slurmctld", "-f", conf);
    },
    down: () => {
      spawnSync(script, [place, "down"], { env, stdio: "ignore" });
      if (before === undefined) delete process.env.SLURM_CONF;
      else process.env.SLURM_CONF = before;
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A store and an executor of toy steps in a folder of their own; a name gives the same one again. */
export function toySlurm(
  cluster: SlurmCluster,
  name: string,
  options: Partial<SlurmOptions> = {},
): {
  readonly store: FolderStore;
  readonly folder: string;
  readonly executor: ReturnType<typeof slurmExecutor>;
  readonly warnings: string[];
} {
  const folder = join(cluster.folder, name);
  const store = folderStore(join(folder, "store"), { leaseSeconds: 6 });
  const warnings: string[] = [];
  const executor = slurmExecutor({
    ...{ folder: join(folder, "slurm"), store, init: store.folder },
    command: [process.execPath, worker],
    ...{ memoryMegabytes: 100, pollSeconds: 0.2, settleSeconds: 2, hopelessSeconds: 0.5 },
    onWarning: (message) => warnings.push(message),
    ...options,
  });
  return { store, folder, executor, warnings };
}
