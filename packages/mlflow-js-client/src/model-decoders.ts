import type { Fields } from "./decode.js";
import { readMetric } from "./entity-decoders.js";
import type {
  LoggedModel,
  LoggedModelStatus,
  ModelVersion,
  ModelVersionStatus,
  RegisteredModel,
} from "./model-store.js";

const LOGGED: Readonly<Record<`LOGGED_MODEL_${LoggedModelStatus}`, LoggedModelStatus>> = {
  LOGGED_MODEL_PENDING: "PENDING",
  LOGGED_MODEL_READY: "READY",
  LOGGED_MODEL_UPLOAD_FAILED: "UPLOAD_FAILED",
};
const LOGGED_NAMES = [
  "LOGGED_MODEL_PENDING",
  "LOGGED_MODEL_READY",
  "LOGGED_MODEL_UPLOAD_FAILED",
] as const;

const VERSION_STATUSES: readonly ModelVersionStatus[] = [
  "PENDING_REGISTRATION",
  "FAILED_REGISTRATION",
  "READY",
  "DEPLOYMENT_JOB_PENDING",
  "DEPLOYMENT_JOB_RUNNING",
  "DEPLOYMENT_JOB_FAILED",
];

/** `mlflow.LoggedModel` of the protocol. */
export function readLoggedModel(fields: Fields): LoggedModel {
  const info = fields.object("info");
  const data = fields.object("data");
  return {
    modelId: info.id("model_id"),
    experimentId: info.id("experiment_id"),
    name: info.text("name", ""),
    modelType: info.text("model_type", ""),
    sourceRunId: info.optionalText("source_run_id"),
    status: LOGGED[info.oneOf("status", LOGGED_NAMES)],
    artifactUri: info.text("artifact_uri", ""),
    creationTimestamp: info.integer("creation_timestamp_ms", 0),
    lastUpdatedTimestamp: info.integer("last_updated_timestamp_ms", 0),
    params: data.map("params"),
    tags: info.map("tags"),
    metrics: data.list("metrics", readMetric),
  };
}

/** `mlflow.ModelVersion` of the protocol. */
export function readModelVersion(fields: Fields): ModelVersion {
  return {
    name: fields.text("name"),
    version: fields.id("version"),
    creationTimestamp: fields.integer("creation_timestamp", 0),
    lastUpdatedTimestamp: fields.integer("last_updated_timestamp", 0),
    description: fields.text("description", ""),
    source: fields.text("source", ""),
    runId: fields.optionalText("run_id"),
    modelId: fields.optionalText("model_id"),
    status: fields.oneOf("status", VERSION_STATUSES, "READY"),
    tags: fields.map("tags"),
    aliases: fields.texts("aliases"),
  };
}

/** `mlflow.RegisteredModel` of the protocol. */
export function readRegisteredModel(fields: Fields): RegisteredModel {
  return {
    name: fields.text("name"),
    creationTimestamp: fields.integer("creation_timestamp", 0),
    lastUpdatedTimestamp: fields.integer("last_updated_timestamp", 0),
    description: fields.text("description", ""),
    tags: fields.map("tags"),
    aliases: fields.map("aliases", "alias", "version"),
    latestVersions: fields.list("latest_versions", readModelVersion),
  };
}
