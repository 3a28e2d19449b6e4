export {
  type Fetch,
  type MlflowClientOptions,
  optionsFromEnvironment,
  type RetryNotice,
} from "./client-options.js";
export { REQUEST_TAG } from "./create-once.js";
export type {
  Dataset,
  DatasetInput,
  Experiment,
  FileInfo,
  LifecycleStage,
  Metric,
  ModelOutput,
  Page,
  Run,
  RunData,
  RunInfo,
  RunStatus,
  StringMap,
} from "./entities.js";
export {
  hasErrorCode,
  MlflowError,
  type MlflowErrorCode,
  type MlflowErrorDetails,
} from "./errors.js";
export { FileStore } from "./file-store/file-store.js";
export {
  type MlflowCommand,
  type MlflowUiOptions,
  mlflowUiCommand,
} from "./file-store/mlflow-ui-command.js";
export { openFileStore } from "./file-store/open-file-store.js";
export type { StoreRepairs } from "./file-store/open-folder.js";
export { LIMITS } from "./limits.js";
export { clientFromEnvironment, MlflowClient } from "./mlflow-client.js";
export type {
  CreateLoggedModelOptions,
  CreateModelVersionOptions,
  DescribeOptions,
  LoggedModel,
  LoggedModelStatus,
  ModelStore,
  ModelVersion,
  ModelVersionStatus,
  RegisteredModel,
  SearchLoggedModelsQuery,
  SearchModelsQuery,
} from "./model-store.js";
// For tests of programs that use this package: a real server, where MLflow is installed.
export {
  type FoundMlflow,
  findMlflow,
  freePort,
  type MlflowServer,
  type MlflowServerOptions,
  startMlflowServer,
} from "./testing/mlflow-server.js";
export type {
  Batch,
  CallOptions,
  CreateExperimentOptions,
  CreateRunOptions,
  LogBatchOptions,
  LogMetricOptions,
  PageOptions,
  SearchExperimentsQuery,
  SearchRunsQuery,
  TrackingStore,
  UpdateRunOptions,
  ViewType,
} from "./tracking-store.js";
