import type { Metric, Page, StringMap } from "./entities.js";
import type { CallOptions, PageOptions } from "./tracking-store.js";

/** State of a logged model. */
export type LoggedModelStatus = "PENDING" | "READY" | "UPLOAD_FAILED";

/** A model that belongs to an experiment and, most often, to the run that made it. */
export interface LoggedModel {
  /** `m-` and 32 hexadecimal digits. */
  readonly modelId: string;
  readonly experimentId: string;
  readonly name: string;
  readonly modelType: string;
  readonly sourceRunId: string | undefined;
  readonly status: LoggedModelStatus;
  readonly artifactUri: string;
  /** Milliseconds since 1970. */
  readonly creationTimestamp: number;
  readonly lastUpdatedTimestamp: number;
  readonly params: StringMap;
  readonly tags: StringMap;
  readonly metrics: readonly Metric[];
}

export interface CreateLoggedModelOptions extends CallOptions {
  /** The server makes one up where it is left out. */
  readonly name?: string;
  readonly sourceRunId?: string;
  readonly modelType?: string;
  readonly params?: StringMap;
  readonly tags?: StringMap;
}

export interface SearchLoggedModelsQuery extends PageOptions {
  readonly experimentIds: readonly string[];
  /** As `name = 'classifier' AND params.lr = '6e-5'`. */
  readonly filter?: string;
  readonly orderBy?: readonly { readonly fieldName: string; readonly ascending?: boolean }[];
}

/** A name under which versions of a model are kept. */
export interface RegisteredModel {
  readonly name: string;
  readonly creationTimestamp: number;
  readonly lastUpdatedTimestamp: number;
  readonly description: string;
  readonly tags: StringMap;
  /** Version by alias. */
  readonly aliases: StringMap;
  readonly latestVersions: readonly ModelVersion[];
}

/** State of a version: registered and whole, or not yet. */
export type ModelVersionStatus =
  | "PENDING_REGISTRATION"
  | "FAILED_REGISTRATION"
  | "READY"
  | "DEPLOYMENT_JOB_PENDING"
  | "DEPLOYMENT_JOB_RUNNING"
  | "DEPLOYMENT_JOB_FAILED";

/** One version of a registered model. */
export interface ModelVersion {
  readonly name: string;
  /** Digits, as a string, from "1". */
  readonly version: string;
  readonly creationTimestamp: number;
  readonly lastUpdatedTimestamp: number;
  readonly description: string;
  /** Where its files are: an artifact URI, or `models:/m-...`. */
  readonly source: string;
  readonly runId: string | undefined;
  /** Of the logged model it was made from, where the server says so (3.17.2 does not). */
  readonly modelId: string | undefined;
  readonly status: ModelVersionStatus;
  readonly tags: StringMap;
  readonly aliases: readonly string[];
}

export interface DescribeOptions extends CallOptions {
  readonly description?: string;
  readonly tags?: StringMap;
}

export interface CreateModelVersionOptions extends DescribeOptions {
  readonly runId?: string;
  readonly modelId?: string;
}

export interface SearchModelsQuery extends PageOptions {
  /** As `name LIKE 'classifier%'`. */
  readonly filter?: string;
  readonly orderBy?: readonly string[];
}

/**
 * Logged models and the model registry. Names and meaning follow MLflow's Python `MlflowClient`.
 * Creations are not repeated after a failure that leaves open whether they were done, since MLflow has
 * no way to tell; such an error is `retryable`, and the caller decides.
 */
export interface ModelStore {
  /** @returns the new model, whose status is `PENDING` until it is finalized. */
  createLoggedModel(experimentId: string, options?: CreateLoggedModelOptions): Promise<LoggedModel>;
  finalizeLoggedModel(
    modelId: string,
    status: "READY" | "UPLOAD_FAILED",
    options?: CallOptions,
  ): Promise<LoggedModel>;
  getLoggedModel(modelId: string, options?: CallOptions): Promise<LoggedModel>;
  deleteLoggedModel(modelId: string, options?: CallOptions): Promise<void>;
  searchLoggedModels(query: SearchLoggedModelsQuery): Promise<Page<LoggedModel>>;
  /** Says which logged models a run made, and at which step. */
  logOutputs(
    runId: string,
    models: readonly { readonly modelId: string; readonly step?: number }[],
    options?: CallOptions,
  ): Promise<void>;
  /** Writes bytes, or text as UTF-8, as a file of a logged model. */
  logModelBytes(
    modelId: string,
    content: Uint8Array | string,
    artifactFile: string,
    options?: CallOptions,
  ): Promise<void>;

  createRegisteredModel(name: string, options?: DescribeOptions): Promise<RegisteredModel>;
  getRegisteredModel(name: string, options?: CallOptions): Promise<RegisteredModel>;
  deleteRegisteredModel(name: string, options?: CallOptions): Promise<void>;
  searchRegisteredModels(query?: SearchModelsQuery): Promise<Page<RegisteredModel>>;
  createModelVersion(
    name: string,
    source: string,
    options?: CreateModelVersionOptions,
  ): Promise<ModelVersion>;
  getModelVersion(name: string, version: string, options?: CallOptions): Promise<ModelVersion>;
  searchModelVersions(query?: SearchModelsQuery): Promise<Page<ModelVersion>>;
  setRegisteredModelAlias(
    name: string,
    alias: string,
    version: string,
    options?: CallOptions,
  ): Promise<void>;
  deleteRegisteredModelAlias(name: string, alias: string, options?: CallOptions): Promise<void>;
  getModelVersionByAlias(name: string, alias: string, options?: CallOptions): Promise<ModelVersion>;
}
