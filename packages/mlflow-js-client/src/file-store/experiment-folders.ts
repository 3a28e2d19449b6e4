import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Experiment, StringMap } from "../entities.js";
import { doesNotExist, invalidParameter, MlflowError } from "../errors.js";
import { shown } from "../validate.js";
import {
  isFolder,
  makeParent,
  mapLimited,
  orAbsent,
  placeFor,
  writeNew,
  writeReplacing,
} from "./files.js";
import { readStrings } from "./key-files.js";
import { formatMeta, type Meta, type MetaValue, parseMeta } from "./meta-yaml.js";
import { experimentFromMeta, metaOfExperiment } from "./records.js";

export const META = "meta.yaml";
/** Folder of deleted experiments. */
export const TRASH = ".trash";
/** Folders of an experiment that are no runs. */
export const RESERVED: readonly string[] = ["tags", "datasets", "traces", "models"];
/** MLflow makes this one in every new store; it cannot be deleted. */
const DEFAULT_ID = "0";

/** An experiment and the folder it is in. */
export interface PlacedExperiment {
  readonly experiment: Experiment;
  readonly folder: string;
  readonly inTrash: boolean;
}

/** Reads the `meta.yaml` of a folder; undefined where there is none. */
export async function readMeta(folder: string): Promise<Meta | undefined> {
  const path = join(folder, META);
  const text = await orAbsent(readFile(path, "utf8"));
  return text === undefined ? undefined : parseMeta(text, path);
}

/** Changes fields of a `meta.yaml`, keeping those that this package does not know. */
export async function changeMeta(
  folder: string,
  change: Readonly<Record<string, MetaValue>>,
): Promise<void> {
  const meta = { ...(await readMeta(folder)), ...change };
  await writeReplacing(folder, join(folder, META), formatMeta(meta), true);
}

/** The experiments of a store: one folder each. */
export class ExperimentFolders {
  constructor(readonly root: string) {}

  /**
   * The n-th id to try for a name: 18 digits, as many as MLflow's. Made from the name, so that two
   * processes that create the same experiment at once meet in one folder and one of them loses.
   */
  #idOf(name: string, attempt: number): string {
    if (name === "Default" && attempt === 0) return DEFAULT_ID;
    const digest = createHash("sha256").update(`${attempt}\n${name}`).digest();
    return String((digest.readBigUInt64BE() % 900_000_000_000_000_000n) + 100_000_000_000_000_000n);
  }

  /** @throws MlflowError `RESOURCE_ALREADY_EXISTS` where the name is taken, also by a deleted one. */
  async create(name: string, location: string | undefined, tags: StringMap): Promise<string> {
    for (let attempt = 0; ; attempt++) {
      const found = await this.findByName(name);
      if (found !== undefined) throw taken(found);
      const experimentId = this.#idOf(name, attempt);
      if ((await this.find(experimentId)) !== undefined) continue;
      const folder = join(this.root, experimentId);
      const uri = location ?? pathToFileURL(folder).href;
      const now = Date.now();
      // Before meta.yaml, without which MLflow does not see the folder.
      await mkdir(join(folder, "tags"), { recursive: true });
      await mkdir(join(folder, "datasets"), { recursive: true });
      for (const [key, value] of Object.entries(tags)) await this.#writeTag(folder, key, value);
      const meta = metaOfExperiment({
        experimentId,
        name,
        artifactLocation: uri,
        lifecycleStage: "active",
        creationTime: now,
        lastUpdateTime: now,
        tags,
      });
      if (await writeNew(folder, join(folder, META), formatMeta(meta), true)) return experimentId;
    }
  }

  async #read(experimentId: string, inTrash: boolean): Promise<PlacedExperiment | undefined> {
    const folder = join(this.root, ...(inTrash ? [TRASH] : []), experimentId);
    if (!(await isFolder(folder))) return undefined;
    const meta = await readMeta(folder);
    if (meta === undefined) return undefined;
    const tags = await readStrings(join(folder, "tags"));
    const experiment = experimentFromMeta(meta, experimentId, tags, inTrash);
    return { experiment, folder, inTrash };
  }

  /** Undefined where there is none of this id. */
  async find(experimentId: string): Promise<PlacedExperiment | undefined> {
    if (!/^[a-zA-Z0-9][\w-]{0,63}$/.test(experimentId)) {
      throw invalidParameter(`${shown(experimentId)} is no experiment id.`);
    }
    return (await this.#read(experimentId, false)) ?? (await this.#read(experimentId, true));
  }

  /** @throws MlflowError `RESOURCE_DOES_NOT_EXIST` where there is none of this id. */
  async get(experimentId: string): Promise<PlacedExperiment> {
    const found = await this.find(experimentId);
    if (found !== undefined) return found;
    throw doesNotExist(`There is no experiment ${shown(experimentId)} in ${this.root}.`);
  }

  async findByName(name: string): Promise<PlacedExperiment | undefined> {
    const likely = await this.find(this.#idOf(name, 0));
    if (likely?.experiment.name === name) return likely;
    return (await this.all()).find(({ experiment }) => experiment.name === name);
  }

  /** Folders of all experiments. */
  async folders(): Promise<readonly string[]> {
    const below = async (parent: string) => {
      const entries = await orAbsent(readdir(parent, { withFileTypes: true }));
      return (entries ?? [])
        .filter((entry) => entry.isDirectory() && /^[a-zA-Z0-9][\w-]{0,63}$/.test(entry.name))
        .map((entry) => join(parent, entry.name));
    };
    const active = (await below(this.root)).filter((folder) => basename(folder) !== "models");
    return [...active, ...(await below(join(this.root, TRASH)))];
  }

  /** All experiments, deleted ones too. Folders without meta.yaml are none yet. */
  async all(): Promise<readonly PlacedExperiment[]> {
    const trash = join(this.root, TRASH);
    const found = await mapLimited(await this.folders(), 8, (folder) =>
      this.#read(basename(folder), folder.startsWith(trash)),
    );
    return found.filter((placed) => placed !== undefined);
  }

  async #writeTag(folder: string, key: string, value: string): Promise<void> {
    const path = await placeFor(join(folder, "tags"), "experiment tag key", key);
    await makeParent(path);
    await writeReplacing(folder, path, value, false);
  }

  async setTag(experimentId: string, key: string, value: string): Promise<void> {
    await this.#writeTag((await this.getActive(experimentId)).folder, key, value);
  }

  /** @throws MlflowError `INVALID_PARAMETER_VALUE` where it is deleted. */
  async getActive(experimentId: string): Promise<PlacedExperiment> {
    const placed = await this.get(experimentId);
    if (placed.experiment.lifecycleStage === "active") return placed;
    throw invalidParameter(
      `The experiment ${experimentId} must be in the 'active' state. Current state is deleted. Restore it first.`,
    );
  }

  /**
   * Marks it and moves it, last, to or from the trash.
   * @param changeRuns does the same to its runs
   */
  async move(
    experimentId: string,
    stage: "active" | "deleted",
    changeRuns: (folder: string) => Promise<void>,
  ): Promise<void> {
    if (experimentId === DEFAULT_ID && stage === "deleted") {
      throw invalidParameter("The default experiment 0 cannot be deleted; MLflow needs it.");
    }
    const { experiment, folder } = await this.get(experimentId);
    if (experiment.lifecycleStage === stage) {
      throw doesNotExist(`The experiment ${experimentId} is ${stage} already.`);
    }
    await changeRuns(folder);
    await changeMeta(folder, { lifecycle_stage: stage, last_update_time: Date.now() });
    await mkdir(join(this.root, TRASH), { recursive: true });
    await rename(folder, join(this.root, ...(stage === "deleted" ? [TRASH] : []), experimentId));
  }
}

function taken({ experiment }: PlacedExperiment): MlflowError {
  const hint =
    experiment.lifecycleStage === "deleted"
      ? " in deleted state: restore it, or remove it from the folder .trash"
      : "";
  return new MlflowError(`Experiment ${shown(experiment.name)} already exists${hint}.`, {
    errorCode: "RESOURCE_ALREADY_EXISTS",
  });
}
