import type { Metric, Run, TrackingStore } from "mlflow-js-client";

/** A run with all its points, as a store gives them back. */
export interface ReadRun {
  readonly run: Run;
  readonly children: readonly ReadRun[];
  readonly points: Readonly<Record<string, readonly Metric[]>>;
}

/** Parents of an experiment, newest first, with their children and all points. */
export async function readBack(store: TrackingStore, experiment: string): Promise<ReadRun[]> {
  const found = await store.getExperimentByName(experiment);
  if (found === undefined) return [];
  const runs: ReadRun[] = [];
  const query = { experimentIds: [found.experimentId], maxResults: 1000 };
  for await (const run of store.iterateRuns(query)) {
    const points: Record<string, readonly Metric[]> = {};
    for (const key of Object.keys(run.data.metrics)) {
      points[key] = await store.getMetricHistory(run.info.runId, key);
    }
    runs.push({ run, children: [], points });
  }
  const parentOf = ({ run }: ReadRun) => run.data.tags["mlflow.parentRunId"];
  return runs
    .filter((one) => parentOf(one) === undefined)
    .map((parent) => ({
      ...parent,
      children: runs.filter((one) => parentOf(one) === parent.run.info.runId),
    }));
}
