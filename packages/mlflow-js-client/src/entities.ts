/** `deleted` things are kept until the server collects them, and can be restored. */
export type LifecycleStage = "active" | "deleted";

/** State of a run. */
export type RunStatus = "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";

/** String values by key: tags, params. */
export type StringMap = Readonly<Record<string, string>>;

/** A named collection of runs. */
export interface Experiment {
  /** Digits, as a string. */
  readonly experimentId: string;
  readonly name: string;
  /** Root of its runs' artifacts: `mlflow-artifacts:/1`, `file:///...`, `s3://...`. */
  readonly artifactLocation: string;
  readonly lifecycleStage: LifecycleStage;
  /** Milliseconds since 1970; undefined where the store has none. */
  readonly creationTime: number | undefined;
  readonly lastUpdateTime: number | undefined;
  readonly tags: StringMap;
}

/** One measured point. */
export interface Metric {
  readonly key: string;
  /**
   * May be NaN or infinite. MLflow's SQL store gives infinities back as
   * +-1.7976931348623157e308, its file store as they were.
   */
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly step: number;
}

/** What is known of a run beside what it logged. */
export interface RunInfo {
  /** 32 hexadecimal digits. */
  readonly runId: string;
  readonly experimentId: string;
  readonly runName: string;
  readonly userId: string;
  readonly status: RunStatus;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  /** Undefined until the run has ended. */
  readonly endTime: number | undefined;
  readonly artifactUri: string;
  readonly lifecycleStage: LifecycleStage;
}

/** What a run logged. */
export interface RunData {
  /** The latest value of each metric: that of the greatest (step, timestamp, value). */
  readonly metrics: Readonly<Record<string, number>>;
  /** The same with timestamp and step. */
  readonly latestMetrics: readonly Metric[];
  readonly params: StringMap;
  readonly tags: StringMap;
}

/** A data set by name and content. */
export interface Dataset {
  /** Up to 500 characters. */
  readonly name: string;
  /** Hash of the content, up to 36 characters. */
  readonly digest: string;
  /** `local`, `http`, `hugging_face`, `code`, ... */
  readonly sourceType: string;
  /** JSON in a string, up to 65,535 characters. */
  readonly source: string;
  /** JSON in a string, up to 1,048,575 characters. */
  readonly schema?: string;
  /** JSON in a string, up to 16,777,215 characters. */
  readonly profile?: string;
}

/** A data set that a run read. The tag `mlflow.data.context` says what for: `train`, `test`, ... */
export interface DatasetInput {
  readonly dataset: Dataset;
  readonly tags: StringMap;
}

/** A logged model that a run made, at a step. */
export interface ModelOutput {
  readonly modelId: string;
  readonly step: number;
}

/** A run: what it is, logged, read and made. */
export interface Run {
  readonly info: RunInfo;
  readonly data: RunData;
  readonly inputs: { readonly datasetInputs: readonly DatasetInput[] };
  readonly outputs: { readonly modelOutputs: readonly ModelOutput[] };
}

/** An artifact as listed. */
export interface FileInfo {
  /** From the root of the run's artifacts, with `/`. */
  readonly path: string;
  readonly isDir: boolean;
  /** In bytes; undefined for folders. */
  readonly fileSize: number | undefined;
}

/** A part of a list, and where the rest begins. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Give it back for the next page; undefined where this is the last. */
  readonly nextPageToken: string | undefined;
}
