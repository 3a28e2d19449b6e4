import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Metric } from "../entities.js";
import { doesNotExist, hasErrorCode, invalidParameter } from "../errors.js";
import { type CheckedBatch, checkKey, shown } from "../validate.js";
import { changeMeta } from "./experiment-folders.js";
import {
  checkTogether,
  makeParent,
  mapLimited,
  orAbsent,
  placeFor,
  writeNew,
  writeReplacing,
} from "./files.js";
import { MetricFile } from "./metric-file.js";
import { parseLines } from "./metric-lines.js";
import type { PlacedRun } from "./run-folders.js";

/** The tag that repeats a run's name. */
export const RUN_NAME_TAG = "mlflow.runName";
/** Metrics of this store whose state is remembered. */
const REMEMBERED = 4096;
/** Files of one batch that are written at once. */
const AT_ONCE = 8;

/** A key, its path and its value. */
type Placed<T> = readonly [key: string, path: string, value: T];

/** Writes what runs log. Calls for one run must not overlap. */
export class RunLog {
  readonly #metricFiles = new Map<string, MetricFile>();

  #metricFile(path: string, key: string, runFolder: string): MetricFile {
    const known = this.#metricFiles.get(path);
    if (known !== undefined) return known;
    const file = new MetricFile(path, key, runFolder);
    this.#metricFiles.set(path, file);
    const [oldest] = this.#metricFiles.keys();
    if (this.#metricFiles.size > REMEMBERED && oldest !== undefined) {
      this.#metricFiles.delete(oldest);
    }
    return file;
  }

  /** Checks every key and param against what is there, then writes. */
  async write({ folder }: PlacedRun, batch: CheckedBatch): Promise<void> {
    const byKey = new Map<string, Metric[]>();
    for (const metric of batch.metrics) {
      const points = byKey.get(metric.key) ?? [];
      byKey.set(metric.key, points);
      points.push(metric);
    }
    const metrics = await placeAll(folder, "metric", [...byKey]);
    const params = await placeAll(folder, "param", batch.params);
    const tags = await placeAll(folder, "tag", batch.tags);
    for (const param of params) await checkUnchanged(param);

    for (const [, path] of [...params, ...tags, ...metrics]) await makeParent(path);
    await mapLimited(params, AT_ONCE, (param) => writeParam(folder, param));
    await mapLimited(metrics, AT_ONCE, ([key, path, points]) =>
      this.#metricFile(path, key, folder).append(points),
    );
    await mapLimited(tags, AT_ONCE, ([, path, value]) =>
      writeReplacing(folder, path, value, false),
    );
    const name = batch.tags.find(([key]) => key === RUN_NAME_TAG)?.[1];
    if (name !== undefined) await changeMeta(folder, { run_name: name });
  }

  /** @throws MlflowError `RESOURCE_DOES_NOT_EXIST` where the run has no such tag. */
  async deleteTag({ info, folder }: PlacedRun, key: string): Promise<void> {
    checkKey("tag", key);
    const path = await placeFor(join(folder, "tags"), "tag key", key);
    if ((await orAbsent(rm(path).then(() => true))) === undefined) {
      throw doesNotExist(`No tag with name: ${key} in run with id ${info.runId}.`);
    }
  }
}

/** Every point of a metric, in the order of its file; [] where there is none of this key. */
export async function readHistory({ folder }: PlacedRun, key: string): Promise<readonly Metric[]> {
  checkKey("metric", key);
  const path = await placeFor(join(folder, "metrics"), "metric key", key).catch((error) => {
    // A key that is only the beginning of others, or leads below one.
    if (!hasErrorCode(error, "INVALID_PARAMETER_VALUE")) throw error;
    return undefined;
  });
  const content = path === undefined ? undefined : await orAbsent(readFile(path, "utf8"));
  return content === undefined || path === undefined ? [] : parseLines(content, key, path);
}

async function placeAll<T>(
  runFolder: string,
  what: "metric" | "param" | "tag",
  entries: readonly (readonly [key: string, value: T])[],
): Promise<readonly Placed<T>[]> {
  const keys = entries.map(([key]) => key);
  checkTogether(`${what} key`, keys);
  return mapLimited(entries, AT_ONCE, async ([key, value]) => {
    const path = await placeFor(join(runFolder, `${what}s`), `${what} key`, key);
    return [key, path, value] as const;
  });
}

/** @returns whether the param is there already. @throws MlflowError where it has another value. */
async function checkUnchanged([key, path, value]: Placed<string>): Promise<boolean> {
  const old = await orAbsent(readFile(path, "utf8"));
  if (old !== undefined && old !== value) {
    throw invalidParameter(
      `Changing param values is not allowed. Param with key=${shown(key)} was already logged with value=${shown(old)}; the new value is ${shown(value)}.`,
    );
  }
  return old !== undefined;
}

async function writeParam(runFolder: string, param: Placed<string>): Promise<void> {
  const [, path, value] = param;
  if (await checkUnchanged(param)) return;
  // Of two processes with different values, one writes and the other is told.
  if (!(await writeNew(runFolder, path, value, false))) await checkUnchanged(param);
}
