import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Run, RunInfo } from "../entities.js";
import { doesNotExist, invalidParameter, MlflowError } from "../errors.js";
import { shown } from "../validate.js";
import {
  changeMeta,
  type ExperimentFolders,
  META,
  RESERVED,
  readMeta,
  TRASH,
} from "./experiment-folders.js";
import {
  isFolder,
  makeParent,
  mapLimited,
  placeFor,
  systemCode,
  unfinishedIn,
  writeNew,
  writeReplacing,
} from "./files.js";
import { readKeys, readStrings } from "./key-files.js";
import { formatMeta, type MetaValue } from "./meta-yaml.js";
import { latestOf, parseLines } from "./metric-lines.js";
import { metaOfRun, runFromMeta } from "./records.js";
import { readInputs, readOutputs } from "./run-inputs.js";

/** A run and the folder it is in. */
export interface PlacedRun {
  readonly info: RunInfo;
  readonly folder: string;
}

/** Without these a folder is no run to MLflow. */
const SUBFOLDERS = ["metrics", "params", "tags", "artifacts"];
/** Runs that are read at once. */
const RUNS_AT_ONCE = 4;

/** Tags as written in a list of pairs. */
export type Pairs = readonly (readonly [key: string, value: string])[];

/** The runs of a store: one folder each, below their experiment's. */
export class RunFolders {
  readonly #experiments: ExperimentFolders;
  /** Where runs were found last, which is looked at first. */
  readonly #lastSeen = new Map<string, string>();

  constructor(experiments: ExperimentFolders) {
    this.#experiments = experiments;
  }

  async #readInfo(folder: string): Promise<RunInfo | undefined> {
    const meta = (await isFolder(folder)) ? await readMeta(folder) : undefined;
    return meta && runFromMeta(meta, basename(folder), basename(dirname(folder)));
  }

  async #findIn(folders: readonly string[], runId: string): Promise<PlacedRun | undefined> {
    for (const candidate of folders) {
      const folder = join(candidate, runId);
      const info = await this.#readInfo(folder);
      if (info === undefined) continue;
      this.#lastSeen.set(runId, candidate);
      return { info, folder };
    }
    return undefined;
  }

  /** Undefined where there is none of this id. */
  async find(runId: string): Promise<PlacedRun | undefined> {
    if (!/^[a-zA-Z0-9][\w-]{0,255}$/.test(runId)) {
      throw invalidParameter(`${shown(runId)} is no run id.`);
    }
    if (RESERVED.includes(runId)) return undefined;
    const last = this.#lastSeen.get(runId);
    const found = last === undefined ? undefined : await this.#findIn([last], runId);
    return found ?? this.#findIn(await this.#experiments.folders(), runId);
  }

  /** @throws MlflowError `RESOURCE_DOES_NOT_EXIST` where there is none of this id. */
  async get(runId: string): Promise<PlacedRun> {
    const found = await this.find(runId);
    if (found !== undefined) return found;
    throw doesNotExist(`Run ${shown(runId)} not found in ${this.#experiments.root}.`);
  }

  /** @throws MlflowError `INVALID_PARAMETER_VALUE` where it is deleted. */
  async getActive(runId: string): Promise<PlacedRun> {
    const placed = await this.get(runId);
    if (placed.info.lifecycleStage === "active") return placed;
    throw invalidParameter(
      `The run ${runId} must be in 'active' lifecycle_stage. Restore it first.`,
    );
  }

  /**
   * Makes a run's folder aside and puts it in its place whole, so that no reader and no kill meets
   * half of one. @returns false where there is a run of this id in the experiment already.
   */
  async create(info: RunInfo, tags: Pairs): Promise<boolean> {
    const { folder } = await this.#experiments.getActive(info.experimentId);
    // Below `datasets`, where MLflow looks only for what an input names.
    const draft = unfinishedIn(join(folder, "datasets"));
    const draftRun = join(draft, "run");
    try {
      for (const name of SUBFOLDERS) await mkdir(join(draftRun, name), { recursive: true });
      for (const [key, value] of tags) {
        const path = await placeFor(join(draftRun, "tags"), "tag key", key);
        await makeParent(path);
        await writeReplacing(draftRun, path, value, false);
      }
      await writeNew(draftRun, join(draftRun, META), formatMeta(metaOfRun(info)), true);
      await rename(draftRun, join(folder, info.runId));
      this.#lastSeen.set(info.runId, folder);
      return true;
    } catch (error) {
      if (["ENOTEMPTY", "EEXIST"].includes(systemCode(error) ?? "")) return false;
      throw error;
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }

  /** Everything of a run. */
  async read({ info, folder }: PlacedRun): Promise<Run> {
    const metrics = await readKeys(join(folder, "metrics"), (content, key, path) =>
      latestOf(parseLines(content, key, path)),
    );
    const latestMetrics = metrics.flatMap(([, latest]) => latest ?? []);
    const tags = await readStrings(join(folder, "tags"));
    return {
      info: info.runName === "" ? { ...info, runName: tags["mlflow.runName"] ?? "" } : info,
      data: {
        metrics: Object.fromEntries(latestMetrics.map(({ key, value }) => [key, value])),
        latestMetrics,
        params: await readStrings(join(folder, "params")),
        tags,
      },
      inputs: { datasetInputs: await readInputs(folder) },
      outputs: { modelOutputs: await readOutputs(folder) },
    };
  }

  /** The runs in an experiment's folder. Folders without meta.yaml are none. */
  async list(experimentFolder: string): Promise<readonly PlacedRun[]> {
    const entries = await readdir(experimentFolder, { withFileTypes: true });
    const folders = entries
      .filter((entry) => entry.isDirectory() && !RESERVED.includes(entry.name))
      .map((entry) => join(experimentFolder, entry.name));
    const found = await mapLimited(folders, RUNS_AT_ONCE, async (folder) => {
      const info = await this.#readInfo(folder);
      return info === undefined ? undefined : { info, folder };
    });
    return found.filter((placed) => placed !== undefined);
  }

  async readAll(placed: readonly PlacedRun[]): Promise<readonly Run[]> {
    return mapLimited(placed, RUNS_AT_ONCE, (run) => this.read(run));
  }

  /** Deletes or restores runs: just a mark in their meta.yaml. */
  async mark(placed: PlacedRun, stage: "active" | "deleted"): Promise<void> {
    const deleted_time: MetaValue = stage === "deleted" ? Date.now() : null;
    await changeMeta(placed.folder, { lifecycle_stage: stage, deleted_time });
  }

  /** The error where a chosen id is that of another experiment's run. */
  foreign({ info, folder }: PlacedRun): MlflowError {
    const where =
      basename(dirname(dirname(folder))) === TRASH ? "deleted experiment" : "experiment";
    return new MlflowError(
      `Run ${info.runId} exists already, in ${where} ${info.experimentId}. Choose another id.`,
      { errorCode: "RESOURCE_ALREADY_EXISTS" },
    );
  }
}
