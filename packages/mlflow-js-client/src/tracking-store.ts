import type {
  DatasetInput,
  Experiment,
  FileInfo,
  LifecycleStage,
  Metric,
  Page,
  Run,
  RunStatus,
  StringMap,
} from "./entities.js";

/** What every call takes. */
export interface CallOptions {
  /** Stops the call, which then rejects with the code `ABORTED`. */
  readonly signal?: AbortSignal;
}

export interface CreateExperimentOptions extends CallOptions {
  /** Root of its artifacts; the store's own choice where it is left out. */
  readonly artifactLocation?: string;
  readonly tags?: StringMap;
}

/** Which experiments or runs to see: deleted ones are kept until they are collected. */
export type ViewType = "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";

export interface PageOptions extends CallOptions {
  /** Most items of a page. */
  readonly maxResults?: number;
  /** `nextPageToken` of the page before. */
  readonly pageToken?: string;
}

export interface SearchExperimentsQuery extends PageOptions {
  /** MLflow's filter language, as `name LIKE 'sweep%'` or `` tags.`team` = 'x' ``. */
  readonly filter?: string;
  /** As `["name ASC", "last_update_time DESC"]`. */
  readonly orderBy?: readonly string[];
  /** `ACTIVE_ONLY` where it is left out. */
  readonly viewType?: ViewType;
}

export interface SearchRunsQuery extends PageOptions {
  readonly experimentIds: readonly string[];
  /**
   * As ``metrics.`val/acc` > 0.6 and params.lr = '6e-5' and attributes.status = 'FINISHED'``: keys with
   * other characters than letters, digits, `_` and `.` in backticks.
   */
  readonly filter?: string;
  /** As ``["metrics.`val/acc` DESC"]``; newest first where it is left out. */
  readonly orderBy?: readonly string[];
  /** `ACTIVE_ONLY` where it is left out. */
  readonly viewType?: ViewType;
}

export interface CreateRunOptions extends CallOptions {
  /** The store makes one up where it is left out. */
  readonly runName?: string;
  /** Milliseconds since 1970; now where it is left out. */
  readonly startTime?: number;
  readonly tags?: StringMap;
  /** Nests the run: short for the tag `mlflow.parentRunId`. */
  readonly parentRunId?: string;
  /** 32 hexadecimal digits to create the run under. File store only: a server chooses by itself. */
  readonly runId?: string;
  /**
   * Any string that names this creation. Where it is given, a run of this experiment that was
   * created under the same one is returned instead of a second being made, also by another process:
   * so a creation whose answer was lost can be asked for again. Kept as the tag
   * `mlflow-js-client.request`.
   */
  readonly requestId?: string;
}

export interface UpdateRunOptions extends CallOptions {
  readonly status?: RunStatus;
  /** Milliseconds since 1970. */
  readonly endTime?: number;
  readonly runName?: string;
}

/** What to log at once. */
export interface Batch {
  readonly metrics?: readonly Metric[];
  readonly params?: StringMap;
  readonly tags?: StringMap;
}

export interface LogBatchOptions extends CallOptions {
  /**
   * Params over 6,000 and tags over 8,000 characters: `refuse` them (as it is where this is left out)
   * or `cut` them to the limit. A server cuts them without a word.
   */
  readonly longValues?: "refuse" | "cut";
}

export interface LogMetricOptions extends CallOptions {
  /** Milliseconds since 1970; now where it is left out. */
  readonly timestamp?: number;
  /** 0 where it is left out. */
  readonly step?: number;
}

/**
 * What both the REST client and the file store do. Names and meaning follow MLflow's Python
 * `MlflowClient`, in camel case.
 *
 * Every method rejects with `MlflowError`: `RESOURCE_DOES_NOT_EXIST` for an unknown id,
 * `RESOURCE_ALREADY_EXISTS` for a name that is taken (also by a deleted experiment),
 * `INVALID_PARAMETER_VALUE` for an argument outside MLflow's limits.
 */
export interface TrackingStore {
  /** @returns the id of the new experiment. */
  createExperiment(name: string, options?: CreateExperimentOptions): Promise<string>;
  /** Gives deleted ones too: see `lifecycleStage`. */
  getExperiment(experimentId: string, options?: CallOptions): Promise<Experiment>;
  /** Gives deleted ones too, since they hold their name; undefined where none has it. */
  getExperimentByName(name: string, options?: CallOptions): Promise<Experiment | undefined>;
  searchExperiments(query?: SearchExperimentsQuery): Promise<Page<Experiment>>;
  setExperimentTag(
    experimentId: string,
    key: string,
    value: string,
    options?: CallOptions,
  ): Promise<void>;
  deleteExperiment(experimentId: string, options?: CallOptions): Promise<void>;
  restoreExperiment(experimentId: string, options?: CallOptions): Promise<void>;

  /** @returns the new run, whose status is `RUNNING`. */
  createRun(experimentId: string, options?: CreateRunOptions): Promise<Run>;
  getRun(runId: string, options?: CallOptions): Promise<Run>;
  updateRun(runId: string, options: UpdateRunOptions): Promise<void>;
  /** Ends a run: `FINISHED` where no status is given, at `endTime` or now. */
  setTerminated(
    runId: string,
    status?: RunStatus,
    endTime?: number,
    options?: CallOptions,
  ): Promise<void>;
  deleteRun(runId: string, options?: CallOptions): Promise<void>;
  restoreRun(runId: string, options?: CallOptions): Promise<void>;
  searchRuns(query: SearchRunsQuery): Promise<Page<Run>>;
  /** All hits, fetched a page (`maxResults`) at a time. */
  iterateRuns(query: SearchRunsQuery): AsyncIterable<Run>;

  /**
   * Logs many at once, in as many parts as the store's limits ask for, in order. Everything is
   * checked before anything is sent. May be repeated: the same point, param or tag counts once.
   * @throws MlflowError `INVALID_PARAMETER_VALUE` also where a param has another value already.
   */
  logBatch(runId: string, batch: Batch, options?: LogBatchOptions): Promise<void>;
  logMetric(runId: string, key: string, value: number, options?: LogMetricOptions): Promise<void>;
  logParam(runId: string, key: string, value: string, options?: LogBatchOptions): Promise<void>;
  setTag(runId: string, key: string, value: string, options?: LogBatchOptions): Promise<void>;
  deleteTag(runId: string, key: string, options?: CallOptions): Promise<void>;
  /** Every point of a metric, in the store's order; [] where the run has none of that key. */
  getMetricHistory(runId: string, key: string, options?: CallOptions): Promise<readonly Metric[]>;
  logInputs(runId: string, inputs: readonly DatasetInput[], options?: CallOptions): Promise<void>;

  /**
   * Copies a file to the run's artifacts, under its own name in the folder `artifactPath` (the root
   * where it is left out).
   */
  logArtifact(
    runId: string,
    localPath: string,
    artifactPath?: string,
    options?: CallOptions,
  ): Promise<void>;
  /** Copies the files below a folder, not the folder itself, into `artifactPath`. */
  logArtifacts(
    runId: string,
    localFolder: string,
    artifactPath?: string,
    options?: CallOptions,
  ): Promise<void>;
  /** Writes bytes, or text as UTF-8, as the artifact `artifactFile`, as `tables/rows.csv`. */
  logBytes(
    runId: string,
    content: Uint8Array | string,
    artifactFile: string,
    options?: CallOptions,
  ): Promise<void>;
  /** What is directly in a folder of the run's artifacts, by path; [] where there is nothing. */
  listArtifacts(runId: string, path?: string, options?: CallOptions): Promise<readonly FileInfo[]>;
  /** The bytes of one artifact. */
  downloadArtifact(runId: string, path: string, options?: CallOptions): Promise<Uint8Array>;
  /**
   * Copies an artifact, or all that is below a folder of artifacts ("" for everything), to
   * `destinationFolder`, keeping paths.
   * @returns the local path of what was asked for.
   */
  downloadArtifacts(
    runId: string,
    path: string,
    destinationFolder: string,
    options?: CallOptions,
  ): Promise<string>;

  /** Ends idle connections and the like. The store must not be used afterwards. */
  close(): Promise<void>;
}

/** Filters `lifecycleStage` by a view. */
export function isInView(stage: LifecycleStage, viewType: ViewType = "ACTIVE_ONLY"): boolean {
  if (viewType === "ALL") return true;
  return (stage === "deleted") === (viewType === "DELETED_ONLY");
}
