import { Api, pagesOf, pairs, readPage } from "./api.js";
import { splitBatch } from "./batches.js";
import type { MlflowClientOptions } from "./client-options.js";
import {
  createExperimentOnce,
  createRunOnce,
  requestFilter,
  requestName,
  withRequest,
} from "./create-once.js";
import type { Fields } from "./decode.js";
import type { DatasetInput, Experiment, Metric, Page, Run, RunStatus } from "./entities.js";
import { readExperiment, readMetric, readRun } from "./entity-decoders.js";
import { hasErrorCode, invalidParameter } from "./errors.js";
import { LIMITS } from "./limits.js";
import type { Repeat } from "./retry.js";
import type * as Store from "./tracking-store.js";
import { Transport } from "./transport.js";
import {
  checkDatasetInput,
  checkExperimentName,
  checkExperimentTags,
  checkedBatch,
  checkedTime,
} from "./validate.js";

/** Points of a page of a metric's history: about 1 MB of JSON. */
const HISTORY_PAGE = 10_000;

/** The part of the client that deals with experiments and what runs log. */
export class RunClient {
  protected readonly api: Api;

  constructor(options: MlflowClientOptions) {
    this.api = new Api(new Transport(options));
  }

  /** The server's version, as "3.17.2": also a cheap way to see whether it is there. */
  async serverVersion(options: Store.CallOptions = {}): Promise<string> {
    const { signal } = options;
    return (await this.api.transport.text({ method: "GET", path: "/version", signal })).trim();
  }

  async createExperiment(name: string, options: Store.CreateExperimentOptions = {}) {
    checkExperimentName(name);
    checkExperimentTags(options.tags ?? {});
    const request = requestName(undefined);
    const body = {
      name,
      artifact_location: options.artifactLocation,
      tags: pairs(withRequest(options.tags ?? {}, request)),
    };
    return createExperimentOnce(
      request,
      () =>
        this.api.post("experiments/create", body, options, (answer) => answer.id("experiment_id")),
      () => this.getExperimentByName(name, options),
    );
  }

  getExperiment(experimentId: string, options: Store.CallOptions = {}): Promise<Experiment> {
    const query = { experiment_id: experimentId };
    return this.api.get("experiments/get", query, options, (answer) =>
      readExperiment(answer.object("experiment")),
    );
  }

  async getExperimentByName(name: string, options: Store.CallOptions = {}) {
    const query = { experiment_name: name };
    try {
      return await this.api.get("experiments/get-by-name", query, options, (answer) =>
        readExperiment(answer.object("experiment")),
      );
    } catch (error) {
      if (hasErrorCode(error, "RESOURCE_DOES_NOT_EXIST")) return undefined;
      throw error;
    }
  }

  searchExperiments(query: Store.SearchExperimentsQuery = {}): Promise<Page<Experiment>> {
    const body = {
      filter: query.filter,
      order_by: query.orderBy,
      view_type: query.viewType ?? "ACTIVE_ONLY",
      max_results: query.maxResults ?? 1000,
      page_token: query.pageToken,
    };
    const read = readPage("experiments", readExperiment);
    return this.api.post("experiments/search", body, query, read);
  }

  async setExperimentTag(id: string, key: string, value: string, options: Store.CallOptions = {}) {
    checkExperimentTags({ [key]: value });
    await this.api.tell(
      "experiments/set-experiment-tag",
      { experiment_id: id, key, value },
      options,
    );
  }

  deleteExperiment(experimentId: string, options: Store.CallOptions = {}): Promise<void> {
    return this.api.tell("experiments/delete", { experiment_id: experimentId }, options);
  }

  restoreExperiment(experimentId: string, options: Store.CallOptions = {}): Promise<void> {
    return this.api.tell("experiments/restore", { experiment_id: experimentId }, options);
  }

  async createRun(experimentId: string, options: Store.CreateRunOptions = {}): Promise<Run> {
    if (options.runId !== undefined) {
      throw invalidParameter("A server chooses the ids of its runs: leave runId out.");
    }
    const { parentRunId, requestId, signal } = options;
    const request = requestName(requestId);
    const nested = parentRunId === undefined ? {} : { "mlflow.parentRunId": parentRunId };
    const { tags } = checkedBatch({ tags: withRequest({ ...options.tags, ...nested }, request) });
    const body = {
      experiment_id: experimentId,
      run_name: options.runName,
      start_time: checkedTime("The start of the run", options.startTime ?? Date.now()),
      tags: tags.map(([key, value]) => ({ key, value })),
    };
    const search: Store.SearchRunsQuery = {
      experimentIds: [experimentId],
      filter: requestFilter(request),
      viewType: "ALL",
      ...(signal === undefined ? {} : { signal }),
    };
    const attempt = createRunOnce(
      {
        create: () => this.api.post("runs/create", body, options, readRunAnswer, "never"),
        find: async () => (await this.findRuns(search, "never")).items,
        remove: (run) => this.deleteRun(run.info.runId, options),
      },
      requestId !== undefined,
    );
    return this.api.transport.repeat("runs/create", signal, attempt);
  }

  getRun(runId: string, options: Store.CallOptions = {}): Promise<Run> {
    return this.api.get("runs/get", { run_id: runId }, options, readRunAnswer);
  }

  updateRun(runId: string, options: Store.UpdateRunOptions): Promise<void> {
    const { status, endTime, runName } = options;
    const end_time = endTime === undefined ? undefined : checkedTime("The end of the run", endTime);
    return this.api.tell(
      "runs/update",
      { run_id: runId, status, end_time, run_name: runName },
      options,
    );
  }

  async setTerminated(
    runId: string,
    status: RunStatus = "FINISHED",
    endTime: number = Date.now(),
    options: Store.CallOptions = {},
  ): Promise<void> {
    await this.updateRun(runId, { ...options, status, endTime });
  }

  deleteRun(runId: string, options: Store.CallOptions = {}): Promise<void> {
    return this.api.tell("runs/delete", { run_id: runId }, options);
  }

  restoreRun(runId: string, options: Store.CallOptions = {}): Promise<void> {
    return this.api.tell("runs/restore", { run_id: runId }, options);
  }

  searchRuns(query: Store.SearchRunsQuery): Promise<Page<Run>> {
    return this.findRuns(query, "safe");
  }

  async *iterateRuns(query: Store.SearchRunsQuery): AsyncGenerator<Run> {
    const { pageToken: first, ...rest } = query;
    const page = (pageToken: string | undefined) =>
      this.searchRuns({ ...rest, ...(pageToken === undefined ? {} : { pageToken }) });
    yield* pagesOf("runs/search", page, first);
  }

  async logBatch(runId: string, batch: Store.Batch, options: Store.LogBatchOptions = {}) {
    const checked = checkedBatch(batch, options.longValues);
    for (const body of splitBatch(checked)) {
      await this.api.tell("runs/log-batch", { run_id: runId, ...body }, options);
    }
  }

  async logMetric(
    runId: string,
    key: string,
    value: number,
    options: Store.LogMetricOptions = {},
  ): Promise<void> {
    const { timestamp = Date.now(), step = 0 } = options;
    await this.logBatch(runId, { metrics: [{ key, value, timestamp, step }] }, options);
  }

  logParam(runId: string, key: string, value: string, options: Store.LogBatchOptions = {}) {
    return this.logBatch(runId, { params: { [key]: value } }, options);
  }

  setTag(runId: string, key: string, value: string, options: Store.LogBatchOptions = {}) {
    return this.logBatch(runId, { tags: { [key]: value } }, options);
  }

  deleteTag(runId: string, key: string, options: Store.CallOptions = {}): Promise<void> {
    return this.api.tell("runs/delete-tag", { run_id: runId, key }, options);
  }

  async getMetricHistory(runId: string, key: string, options: Store.CallOptions = {}) {
    const points: Metric[] = [];
    const read = readPage("metrics", readMetric);
    const page = (pageToken: string | undefined) => {
      const query = { run_id: runId, metric_key: key, max_results: `${HISTORY_PAGE}` };
      return this.api.get(
        "metrics/get-history",
        { ...query, page_token: pageToken },
        options,
        read,
      );
    };
    for await (const point of pagesOf("metrics/get-history", page)) points.push(point);
    return points;
  }

  async logInputs(
    runId: string,
    inputs: readonly DatasetInput[],
    options: Store.CallOptions = {},
  ): Promise<void> {
    for (const input of inputs) checkDatasetInput(input);
    const datasets = inputs.map(({ dataset: { sourceType, ...dataset }, tags }) => ({
      dataset: { ...dataset, source_type: sourceType },
      tags: pairs(tags),
    }));
    for (let from = 0; from < datasets.length; from += LIMITS.datasetsPerRequest) {
      const part = datasets.slice(from, from + LIMITS.datasetsPerRequest);
      await this.api.tell("runs/log-inputs", { run_id: runId, datasets: part }, options);
    }
  }

  close(): Promise<void> {
    return this.api.transport.close();
  }

  private findRuns(query: Store.SearchRunsQuery, repeat: Repeat): Promise<Page<Run>> {
    const body = {
      experiment_ids: query.experimentIds,
      filter: query.filter,
      order_by: query.orderBy,
      run_view_type: query.viewType ?? "ACTIVE_ONLY",
      max_results: query.maxResults ?? 1000,
      page_token: query.pageToken,
    };
    return this.api.post("runs/search", body, query, readPage("runs", readRun), repeat);
  }
}

const readRunAnswer = (answer: Fields): Run => readRun(answer.object("run"));
