import type { Metric, Run } from "../entities.js";
import type { TrackingStore } from "../tracking-store.js";

/** Everything of a store that MLflow reads too, in the shape that `read-store.py` prints. */
export interface Snapshot {
  readonly experiments: readonly unknown[];
  readonly runs: readonly Readonly<Record<string, unknown>>[];
}

/** Whole numbers with a point, as Python's `repr` of a float; only such values are compared. */
function python(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? value.toFixed(1) : String(value);
}

const point = ({ value, timestamp, step }: Metric) => [python(value), timestamp, step];

const byStep = (a: Metric, b: Metric) =>
  a.step - b.step || a.timestamp - b.timestamp || a.value - b.value;

async function filesOf(store: TrackingStore, runId: string, path = ""): Promise<unknown[]> {
  const files: unknown[] = [];
  for (const file of await store.listArtifacts(runId, path)) {
    if (file.isDir) files.push(...(await filesOf(store, runId, file.path)));
    else files.push([file.path, file.fileSize]);
  }
  return files;
}

async function snapshotOf(store: TrackingStore, { info, data, inputs }: Run, artifacts: boolean) {
  const history: Record<string, unknown> = {};
  for (const key of Object.keys(data.metrics)) {
    history[key] = (await store.getMetricHistory(info.runId, key)).toSorted(byStep).map(point);
  }
  return {
    runId: info.runId,
    experimentId: info.experimentId,
    runName: info.runName,
    userId: info.userId,
    status: info.status,
    startTime: info.startTime,
    endTime: info.endTime ?? null,
    stage: info.lifecycleStage,
    params: data.params,
    tags: data.tags,
    latest: Object.fromEntries(
      Object.entries(data.metrics).map(([key, value]) => [key, python(value)]),
    ),
    history,
    inputs: inputs.datasetInputs
      .map(({ dataset, tags }) => [
        ...[dataset.name, dataset.digest, dataset.sourceType, dataset.source],
        ...[dataset.schema ?? null, dataset.profile ?? null, tags],
      ])
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    ...(artifacts ? { artifacts: await filesOf(store, info.runId) } : {}),
  };
}

/** Reads everything, deleted things too. */
export async function snapshot(store: TrackingStore, artifacts: boolean): Promise<Snapshot> {
  const { items } = await store.searchExperiments({ viewType: "ALL", maxResults: 50_000 });
  const runs: Readonly<Record<string, unknown>>[] = [];
  for (const { experimentId } of items) {
    const query = { experimentIds: [experimentId], viewType: "ALL" } as const;
    for await (const run of store.iterateRuns(query)) {
      runs.push(await snapshotOf(store, run, artifacts));
    }
  }
  const text = (value: unknown) => JSON.stringify(value);
  return {
    experiments: items
      .map((one) => [one.experimentId, one.name, one.lifecycleStage, one.tags])
      .sort((a, b) => (text(a) < text(b) ? -1 : 1)),
    runs: runs.sort((a, b) => (text(a.runId) < text(b.runId) ? -1 : 1)),
  };
}
