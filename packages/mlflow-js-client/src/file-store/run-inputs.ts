import { createHash } from "node:crypto";
import { lstat, mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DatasetInput, ModelOutput } from "../entities.js";
import { META, readMeta } from "./experiment-folders.js";
import { orAbsent, systemCode, unfinishedIn, writeNew } from "./files.js";
import { formatMeta, type Meta, mapOf, numberOf, textOf } from "./meta-yaml.js";

/** MLflow names data sets and inputs by this hash of two texts. */
const idOf = (first: string, second: string): string =>
  createHash("md5").update(first).update(second).digest("hex");

/** Makes a folder that holds just a meta.yaml, whole from its first moment; an existing one stays. */
async function makeRecord(runFolder: string, folder: string, meta: Meta): Promise<void> {
  if ((await orAbsent(lstat(join(folder, META)))) !== undefined) return;
  const draft = unfinishedIn(runFolder);
  await mkdir(draft);
  try {
    await writeNew(draft, join(draft, META), formatMeta(meta), true);
    await mkdir(dirname(folder), { recursive: true });
    await rename(draft, folder);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST"].includes(systemCode(error) ?? "")) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Notes the data sets that a run read. One that is noted already stays as it is. */
export async function writeInputs(
  runFolder: string,
  runId: string,
  inputs: readonly DatasetInput[],
): Promise<void> {
  for (const { dataset, tags } of inputs) {
    const datasetId = idOf(dataset.name, dataset.digest);
    await makeRecord(runFolder, join(dirname(runFolder), "datasets", datasetId), {
      digest: dataset.digest,
      name: dataset.name,
      profile: dataset.profile ?? null,
      schema: dataset.schema ?? null,
      source: dataset.source,
      source_type: dataset.sourceType,
    });
    await makeRecord(runFolder, join(runFolder, "inputs", idOf(datasetId, runId)), {
      // Not the run: MLflow itself writes the data set's id here.
      destination_id: datasetId,
      destination_type: "RUN",
      source_id: datasetId,
      source_type: "DATASET",
      tags: { ...tags },
    });
  }
}

async function readRecords(folder: string): Promise<readonly Meta[]> {
  const names = ((await orAbsent(readdir(folder))) ?? []).sort();
  const metas = await Promise.all(names.map((name) => readMeta(join(folder, name))));
  return metas.filter((meta) => meta !== undefined);
}

/** The data sets that a run read, by name and digest. */
export async function readInputs(runFolder: string): Promise<readonly DatasetInput[]> {
  const inputs: DatasetInput[] = [];
  for (const input of await readRecords(join(runFolder, "inputs"))) {
    const source = textOf(input, "source_id") ?? "";
    if (textOf(input, "source_type") !== "DATASET" || !/^[\w-]+$/.test(source)) continue;
    const meta = await readMeta(join(dirname(runFolder), "datasets", source));
    if (meta === undefined) continue;
    const schema = textOf(meta, "schema");
    const profile = textOf(meta, "profile");
    inputs.push({
      dataset: {
        name: textOf(meta, "name") ?? "",
        digest: textOf(meta, "digest") ?? "",
        sourceType: textOf(meta, "source_type") ?? "",
        source: textOf(meta, "source") ?? "",
        ...(schema === undefined ? {} : { schema }),
        ...(profile === undefined ? {} : { profile }),
      },
      tags: mapOf(input, "tags"),
    });
  }
  const order = ({ dataset }: DatasetInput) => JSON.stringify([dataset.name, dataset.digest]);
  return inputs.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** Logged models that MLflow noted as outputs of a run. */
export async function readOutputs(runFolder: string): Promise<readonly ModelOutput[]> {
  const records = await readRecords(join(runFolder, "outputs"));
  return records.map((meta) => ({
    modelId: textOf(meta, "source_id") ?? "",
    step: numberOf(meta, "step") ?? 0,
  }));
}
