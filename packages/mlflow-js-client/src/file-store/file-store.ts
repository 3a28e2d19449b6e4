import type { DatasetInput, Experiment, Metric, Page, Run, RunStatus } from "../entities.js";
import {
  type Batch,
  type CallOptions,
  type CreateExperimentOptions,
  type CreateRunOptions,
  isInView,
  type LogBatchOptions,
  type LogMetricOptions,
  type SearchExperimentsQuery,
  type SearchRunsQuery,
  type TrackingStore,
  type UpdateRunOptions,
} from "../tracking-store.js";
import {
  checkDatasetInput,
  checkExperimentName,
  checkExperimentTags,
  checkedBatch,
  checkedTime,
} from "../validate.js";
import { changeMeta, ExperimentFolders } from "./experiment-folders.js";
import { storageError } from "./files.js";
import { newRun } from "./new-run.js";
import { repairStore, type StoreRepairs } from "./open-folder.js";
import { pageOf } from "./page.js";
import { Queues } from "./queues.js";
import { changedFields } from "./records.js";
import { type PlacedRun, RunFolders } from "./run-folders.js";
import { writeInputs } from "./run-inputs.js";
import { RUN_NAME_TAG, RunLog, readHistory } from "./run-log.js";
import { checkRunSearch, searchedExperiments, searchedRuns } from "./search.js";
import { type AbortCheck, abortCheck, StoreArtifacts } from "./store-artifacts.js";

/**
 * A tracking store in a folder, in the layout of MLflow's own file store: the real MLflow opens it
 * (`mlflowUiCommand`), also while it is written, and `mlflow migrate-filestore` turns it into a
 * database. Any number of processes of one machine may write at once. A kill at any moment loses
 * nothing that was acknowledged and leaves nothing that MLflow could not read, save a torn last line
 * of a metric, which the next opening or writing cuts off.
 *
 * Logged and registered models have no place here: they need a server (`mlflow migrate-filestore`,
 * then the REST client).
 *
 * Beyond what `TrackingStore` says: a system error (a full disk) is `INTERNAL_ERROR`, `retryable`
 * where room or quiet would mend it; a damaged `meta.yaml` is `INVALID_STATE`.
 */
export class FileStore extends StoreArtifacts implements TrackingStore {
  /** Absolute folder of the store. */
  readonly folder: string;
  readonly #experiments: ExperimentFolders;
  readonly #runs: RunFolders;
  readonly #log = new RunLog();
  readonly #queues = new Queues();

  /** For `openFileStore`, which prepares the folder. */
  constructor(folder: string) {
    super();
    this.folder = folder;
    this.#experiments = new ExperimentFolders(folder);
    this.#runs = new RunFolders(this.#experiments);
  }

  async #call<T>(options: CallOptions, work: (check: AbortCheck) => Promise<T>): Promise<T> {
    const check = abortCheck(options.signal);
    check();
    try {
      return await work(check);
    } catch (error) {
      throw storageError(error);
    }
  }

  /** Work on a run that waits for earlier work on it. */
  #change<T>(runId: string, options: CallOptions, work: (run: PlacedRun) => Promise<T>) {
    return this.#call(options, (check) =>
      this.#queues.run(runId, async () => {
        check();
        return work(await this.#runs.getActive(runId));
      }),
    );
  }

  protected override atRun<T>(
    runId: string,
    options: CallOptions,
    work: (run: PlacedRun, check: AbortCheck) => Promise<T>,
  ): Promise<T> {
    return this.#call(options, async (check) => work(await this.#runs.get(runId), check));
  }

  async createExperiment(name: string, options: CreateExperimentOptions = {}): Promise<string> {
    return this.#call(options, async () => {
      checkExperimentName(name);
      checkExperimentTags(options.tags ?? {});
      return this.#queues.run("", () =>
        this.#experiments.create(name, options.artifactLocation, options.tags ?? {}),
      );
    });
  }

  async getExperiment(experimentId: string, options: CallOptions = {}): Promise<Experiment> {
    return this.#call(options, async () => (await this.#experiments.get(experimentId)).experiment);
  }

  async getExperimentByName(
    name: string,
    options: CallOptions = {},
  ): Promise<Experiment | undefined> {
    return this.#call(options, async () => (await this.#experiments.findByName(name))?.experiment);
  }

  async searchExperiments(query: SearchExperimentsQuery = {}): Promise<Page<Experiment>> {
    return this.#call(query, async () => {
      const all = (await this.#experiments.all())
        .map(({ experiment }) => experiment)
        .filter(({ lifecycleStage }) => isInView(lifecycleStage, query.viewType));
      return pageOf(searchedExperiments(all, query.filter, query.orderBy), query);
    });
  }

  async setExperimentTag(
    experimentId: string,
    key: string,
    value: string,
    options: CallOptions = {},
  ): Promise<void> {
    return this.#call(options, async () => {
      checkExperimentTags({ [key]: value });
      await this.#experiments.setTag(experimentId, key, value);
    });
  }

  async deleteExperiment(experimentId: string, options: CallOptions = {}): Promise<void> {
    await this.#moveExperiment(experimentId, "deleted", options);
  }

  async restoreExperiment(experimentId: string, options: CallOptions = {}): Promise<void> {
    await this.#moveExperiment(experimentId, "active", options);
  }

  #moveExperiment(experimentId: string, stage: "active" | "deleted", options: CallOptions) {
    return this.#call(options, () =>
      this.#experiments.move(experimentId, stage, async (folder) => {
        for (const run of await this.#runs.list(folder)) {
          if (run.info.lifecycleStage !== stage) await this.#runs.mark(run, stage);
        }
      }),
    );
  }

  async createRun(experimentId: string, options: CreateRunOptions = {}): Promise<Run> {
    return this.#call(options, async () => {
      const { experiment } = await this.#experiments.getActive(experimentId);
      const { info, tags } = newRun(experiment, options);
      const existing = await this.#runs.find(info.runId);
      if (existing !== undefined && existing.info.experimentId !== experimentId) {
        throw this.#runs.foreign(existing);
      }
      if (existing === undefined) await this.#runs.create(info, tags);
      return this.#runs.read(existing ?? (await this.#runs.get(info.runId)));
    });
  }

  async getRun(runId: string, options: CallOptions = {}): Promise<Run> {
    return this.atRun(runId, options, (run) => this.#runs.read(run));
  }

  async updateRun(runId: string, options: UpdateRunOptions): Promise<void> {
    const { status, endTime, runName } = options;
    await this.#change(runId, options, async (run) => {
      const fields = changedFields({
        ...(status === undefined ? {} : { status }),
        ...(endTime === undefined ? {} : { endTime: checkedTime("The end of the run", endTime) }),
      });
      // The tag repeats the name; writing it changes the name too.
      const tags = runName === undefined || runName === "" ? {} : { [RUN_NAME_TAG]: runName };
      await this.#log.write(run, checkedBatch({ tags }));
      await changeMeta(run.folder, fields);
    });
  }

  async setTerminated(
    runId: string,
    status: RunStatus = "FINISHED",
    endTime: number = Date.now(),
    options: CallOptions = {},
  ): Promise<void> {
    await this.updateRun(runId, { ...options, status, endTime });
  }

  async deleteRun(runId: string, options: CallOptions = {}): Promise<void> {
    await this.#mark(runId, "deleted", options);
  }

  async restoreRun(runId: string, options: CallOptions = {}): Promise<void> {
    await this.#mark(runId, "active", options);
  }

  #mark(runId: string, stage: "active" | "deleted", options: CallOptions) {
    return this.#call(options, () =>
      this.#queues.run(runId, async () => this.#runs.mark(await this.#runs.get(runId), stage)),
    );
  }

  async #allHits({ filter, orderBy, experimentIds, viewType }: SearchRunsQuery) {
    checkRunSearch(filter, orderBy);
    const runs: Run[] = [];
    for (const id of new Set(experimentIds)) {
      const placed = await this.#experiments.find(id);
      if (placed === undefined) continue;
      const listed = await this.#runs.list(placed.folder);
      const viewed = listed.filter(({ info }) => isInView(info.lifecycleStage, viewType));
      runs.push(...(await this.#runs.readAll(viewed)));
    }
    return searchedRuns(runs, filter, orderBy);
  }

  /** What of MLflow's filter language is understood: see `searchedRuns`. */
  async searchRuns(query: SearchRunsQuery): Promise<Page<Run>> {
    return this.#call(query, async () => pageOf(await this.#allHits(query), query));
  }

  /** All hits of one moment: the store is read once. */
  async *iterateRuns(query: SearchRunsQuery): AsyncIterable<Run> {
    yield* await this.#call(query, () => this.#allHits(query));
  }

  async logBatch(runId: string, batch: Batch, options: LogBatchOptions = {}): Promise<void> {
    await this.#call(options, async () => {
      const checked = checkedBatch(batch, options.longValues);
      await this.#change(runId, options, (run) => this.#log.write(run, checked));
    });
  }

  async logMetric(
    runId: string,
    key: string,
    value: number,
    options: LogMetricOptions = {},
  ): Promise<void> {
    const { timestamp = Date.now(), step = 0 } = options;
    await this.logBatch(runId, { metrics: [{ key, value, timestamp, step }] }, options);
  }

  async logParam(
    runId: string,
    key: string,
    value: string,
    options: LogBatchOptions = {},
  ): Promise<void> {
    await this.logBatch(runId, { params: { [key]: value } }, options);
  }

  async setTag(
    runId: string,
    key: string,
    value: string,
    options: LogBatchOptions = {},
  ): Promise<void> {
    await this.logBatch(runId, { tags: { [key]: value } }, options);
  }

  async deleteTag(runId: string, key: string, options: CallOptions = {}): Promise<void> {
    await this.#change(runId, options, (run) => this.#log.deleteTag(run, key));
  }

  async getMetricHistory(
    runId: string,
    key: string,
    options: CallOptions = {},
  ): Promise<readonly Metric[]> {
    return this.atRun(runId, options, (run) => readHistory(run, key));
  }

  async logInputs(
    runId: string,
    inputs: readonly DatasetInput[],
    options: CallOptions = {},
  ): Promise<void> {
    await this.#call(options, async () => {
      for (const input of inputs) checkDatasetInput(input);
      await this.#change(runId, options, ({ folder }) => writeInputs(folder, runId, inputs));
    });
  }

  /**
   * Cuts torn last lines of metrics, which killed processes left, and removes their unfinished
   * files; opening does the same.
   */
  async repair(): Promise<StoreRepairs> {
    return this.#call({}, () => repairStore(this.#experiments));
  }

  /** Waits for writes that are under way. */
  async close(): Promise<void> {
    await this.#queues.idle();
  }
}
