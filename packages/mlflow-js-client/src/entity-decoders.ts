import type { Fields } from "./decode.js";
import type {
  Dataset,
  DatasetInput,
  Experiment,
  FileInfo,
  LifecycleStage,
  Metric,
  ModelOutput,
  Run,
  RunInfo,
  RunStatus,
} from "./entities.js";

const STAGES: readonly LifecycleStage[] = ["active", "deleted"];
const STATUSES: readonly RunStatus[] = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"];

/** `mlflow.Experiment` of the protocol. */
export function readExperiment(fields: Fields): Experiment {
  return {
    experimentId: fields.id("experiment_id"),
    name: fields.text("name"),
    artifactLocation: fields.text("artifact_location", ""),
    lifecycleStage: fields.oneOf("lifecycle_stage", STAGES, "active"),
    creationTime: fields.optionalInteger("creation_time"),
    lastUpdateTime: fields.optionalInteger("last_update_time"),
    tags: fields.map("tags"),
  };
}

/** `mlflow.Metric` of the protocol. */
export function readMetric(fields: Fields): Metric {
  return {
    key: fields.text("key"),
    value: fields.real("value"),
    timestamp: fields.integer("timestamp", 0),
    step: fields.integer("step", 0),
  };
}

function readRunInfo(fields: Fields): RunInfo {
  return {
    runId: fields.id("run_id"),
    experimentId: fields.id("experiment_id"),
    runName: fields.text("run_name", ""),
    userId: fields.text("user_id", ""),
    status: fields.oneOf("status", STATUSES),
    startTime: fields.integer("start_time", 0),
    // Servers send 0 or nothing for a run that has not ended.
    endTime: fields.optionalInteger("end_time") || undefined,
    artifactUri: fields.text("artifact_uri", ""),
    lifecycleStage: fields.oneOf("lifecycle_stage", STAGES, "active"),
  };
}

function readDataset(fields: Fields): Dataset {
  const schema = fields.optionalText("schema");
  const profile = fields.optionalText("profile");
  return {
    name: fields.text("name"),
    digest: fields.text("digest"),
    sourceType: fields.text("source_type", ""),
    source: fields.text("source", ""),
    ...(schema === undefined ? {} : { schema }),
    ...(profile === undefined ? {} : { profile }),
  };
}

const readDatasetInput = (fields: Fields): DatasetInput => ({
  dataset: readDataset(fields.object("dataset")),
  tags: fields.map("tags"),
});

const readModelOutput = (fields: Fields): ModelOutput => ({
  modelId: fields.id("model_id"),
  step: fields.integer("step", 0),
});

/** `mlflow.Run` of the protocol. */
export function readRun(fields: Fields): Run {
  const data = fields.object("data");
  const latestMetrics = data.list("metrics", readMetric);
  return {
    info: readRunInfo(fields.object("info")),
    data: {
      metrics: Object.fromEntries(latestMetrics.map(({ key, value }) => [key, value])),
      latestMetrics,
      params: data.map("params"),
      tags: data.map("tags"),
    },
    inputs: { datasetInputs: fields.object("inputs").list("dataset_inputs", readDatasetInput) },
    outputs: { modelOutputs: fields.object("outputs").list("model_outputs", readModelOutput) },
  };
}

/** `mlflow.FileInfo` of the protocol. */
export function readFileInfo(fields: Fields): FileInfo {
  const isDir = fields.flag("is_dir");
  // The server leaves the size of an empty file out.
  const fileSize = isDir ? undefined : fields.integer("file_size", 0);
  return { path: fields.text("path"), isDir, fileSize };
}
