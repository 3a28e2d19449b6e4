import { mkdir, readdir, realpath, rm, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { invalidParameter } from "../errors.js";
import { type ExperimentFolders, TRASH } from "./experiment-folders.js";
import { mapLimited, orAbsent, UNFINISHED } from "./files.js";
import { listKeys } from "./key-files.js";
import { repairMetricFile } from "./metric-repair.js";

/** Unfinished files that are older were left by a killed process. */
const ABANDONED_MS = 3_600_000;

/** What was put right when a store was opened. */
export interface StoreRepairs {
  /** Metric files whose torn last line was cut off. */
  readonly cut: readonly string[];
  /** Metric files that held no whole line, so were removed. */
  readonly removed: readonly string[];
}

/**
 * The absolute path of a folder that may be a store, made where it is missing.
 * @throws MlflowError `INVALID_PARAMETER_VALUE` for a folder named `mlruns` and for one that holds
 *   other things.
 */
export async function prepareFolder(folder: string): Promise<string> {
  const wanted = resolve(folder);
  refuseMlruns(wanted);
  await mkdir(wanted, { recursive: true });
  const root = await realpath(wanted);
  refuseMlruns(root);
  const entries = await readdir(root, { withFileTypes: true });
  const isStore = entries.some((entry) => entry.name === TRASH || entry.name === "0");
  if (!isStore && entries.length > 0) {
    throw invalidParameter(
      `${root} holds other things (${entries[0]?.name}). MLflow takes every folder in a store for an experiment: give an empty or new folder.`,
    );
  }
  await mkdir(join(root, TRASH), { recursive: true });
  return root;
}

function refuseMlruns(path: string): void {
  if (basename(path).toLowerCase() !== "mlruns") return;
  throw invalidParameter(
    `${path}: a store must not be named "mlruns". MLflow 3 refuses to start (\`mlflow ui\`, \`mlflow server\`) beside a folder of that name; take another, such as "tracking".`,
  );
}

/** Cuts torn lines and removes what killed writers left behind, in all runs. */
export async function repairStore(experiments: ExperimentFolders): Promise<StoreRepairs> {
  const cut: string[] = [];
  const removed: string[] = [];
  for (const experiment of await experiments.folders()) {
    const names = (await orAbsent(readdir(experiment, { withFileTypes: true }))) ?? [];
    const folders = names.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    await removeAbandoned(experiment);
    await mapLimited(folders, 4, async (name) => {
      const run = join(experiment, name);
      await removeAbandoned(run);
      const metrics = join(run, "metrics");
      for (const key of await listKeys(metrics)) {
        const path = join(metrics, key);
        const repair = await repairMetricFile(path, run);
        if (repair !== "intact") (repair === "cut" ? cut : removed).push(path);
      }
    });
  }
  return { cut: cut.sort(), removed: removed.sort() };
}

async function removeAbandoned(folder: string): Promise<void> {
  const names = (await orAbsent(readdir(folder))) ?? [];
  for (const name of names) {
    if (!name.startsWith(UNFINISHED)) continue;
    const found = await orAbsent(stat(join(folder, name)));
    if (found !== undefined && Date.now() - found.mtimeMs > ABANDONED_MS) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}
