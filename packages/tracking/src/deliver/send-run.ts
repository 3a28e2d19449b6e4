import { isAbsolute, join } from "node:path";
import type { Metric, TrackingStore } from "mlflow-js-client";
import { briefly, isFinal } from "./refusals.js";
import type { RunWork } from "./run-work.js";

export interface SendContext {
  readonly store: TrackingStore;
  readonly signal: AbortSignal;
  /** Folder of the run: relative files are in it. */
  readonly folder: string;
  readonly warn: (message: string) => void;
  /** What the store will never take, to be kept for people. */
  readonly refused: (what: unknown, error: unknown) => void;
  /**
   * Runs that were there already while nothing on this machine tells what they hold: points are sent
   * only for steps they do not have.
   */
  readonly found: ReadonlySet<string>;
}

/**
 * Sends a run's work to the run `id`, taking off it what is done, so that after a failure the same
 * call goes on with the rest.
 * @throws what the store throws and may pass: see `isFinal`.
 */
export async function sendRun(work: RunWork, id: string, context: SendContext): Promise<void> {
  const { store, signal } = context;
  const { describe } = work;
  const attempt = async (what: unknown, act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      if (!isFinal(error)) throw error;
      context.refused(what, error);
    }
  };
  if (context.found.has(work.run) && work.metrics.length > 0) {
    work.metrics = await withoutKnown(id, work.metrics, context);
  }
  const { metrics } = work;
  const tags = describe === undefined ? work.tags : { ...work.tags, ...describe.tags };
  const params = describe?.params ?? {};
  const parts = [metrics, Object.keys(tags), Object.keys(params)];
  if (parts.some(({ length }) => length > 0)) {
    const options = { signal, longValues: "cut" } as const;
    try {
      await store.logBatch(id, { metrics, tags, params }, options);
    } catch (error) {
      if (!isFinal(error)) throw error;
      // One part spoils all: each by itself then.
      await sendParams(id, params, context);
      await attempt({ run: work.run, tags }, () => store.logBatch(id, { tags }, options));
      await attempt({ run: work.run, metrics }, () => store.logBatch(id, { metrics }, options));
    }
    work.metrics = [];
    work.tags = {};
    work.describe = undefined;
  }
  if (work.datasets.length > 0) {
    await attempt({ run: work.run, datasets: work.datasets }, () =>
      store.logInputs(id, work.datasets, { signal }),
    );
    work.datasets = [];
  }
  for (let next = work.artifacts[0]; next !== undefined; next = work.artifacts[0]) {
    const { file, folder } = next;
    const path = isAbsolute(file) ? file : join(context.folder, file);
    await attempt({ run: work.run, artifact: file }, async () => {
      try {
        await store.logArtifact(id, path, folder, { signal });
      } catch (error) {
        if (!isMissingFile(error)) throw error;
        context.warn(`${file} is gone: it was not sent.`);
      }
    });
    work.artifacts.shift();
  }
  if (work.status !== undefined) {
    const { status, at } = work.status;
    const ended = status === "RUNNING" || status === "SCHEDULED" ? {} : { endTime: at };
    await attempt(work.status, () => store.updateRun(id, { status, ...ended, signal }));
    work.status = undefined;
  }
}

/** Params are write-once: one that has another value there already keeps it, the others are sent. */
async function sendParams(
  id: string,
  params: Readonly<Record<string, string>>,
  { store, signal, warn }: SendContext,
): Promise<void> {
  if (Object.keys(params).length === 0) return;
  const options = { signal, longValues: "cut" } as const;
  try {
    await store.logBatch(id, { params }, options);
  } catch (error) {
    if (!isFinal(error)) throw error;
    const { data } = await store.getRun(id, { signal });
    const fresh = Object.entries(params).filter(([key]) => data.params[key] === undefined);
    const kept = Object.keys(params).filter(
      (key) => data.params[key] !== undefined && data.params[key] !== params[key],
    );
    if (kept.length > 0) warn(`params keep their first values in MLflow: ${kept.join(", ")}.`);
    if (fresh.length > 0) {
      await store.logBatch(id, { params: Object.fromEntries(fresh) }, options).catch((again) => {
        if (!isFinal(again)) throw again;
        warn(`params were refused: ${briefly(again)}`);
      });
    }
  }
}

async function withoutKnown(
  id: string,
  metrics: readonly Metric[],
  { store, signal }: SendContext,
): Promise<Metric[]> {
  const steps = new Map<string, ReadonlySet<number>>();
  for (const key of new Set(metrics.map((metric) => metric.key))) {
    const history = await store.getMetricHistory(id, key, { signal });
    steps.set(key, new Set(history.map(({ step }) => step)));
  }
  return metrics.filter(({ key, step }) => steps.get(key)?.has(step) !== true);
}

const isMissingFile = (error: unknown): boolean => {
  let current = error;
  for (let depth = 0; depth < 4 && current instanceof Error; depth++) {
    if ("code" in current && current.code === "ENOENT") return true;
    current = current.cause;
  }
  return false;
};
