export type {
  CheckpointEvent,
  CheckpointSettings,
  EndEvent,
  EpochEvent,
  LoggedEvent,
  PhaseEvent,
  ResumedEvent,
  ScoreColumns,
  StepEvent,
  TrainedOutcome,
  TrainingBackend,
  TrainingEvent,
  TrainingPast,
  TrainingRequest,
  WeightsEvent,
} from "./run/backend.js";
export { bertBackend } from "./run/bert-backend.js";
export type { PlannedTraining, RunEvent, RunStatus, TrialScores } from "./run/events.js";
export { describePlan, type PreparedRun, prepareRun } from "./run/prepare-run.js";
export type { RunResults, TrialOutcome } from "./run/results.js";
export { type RunOptions, runExperiment } from "./run/run-experiment.js";
export { schemaFile, specKeyTable, specReference } from "./spec/docs.js";
export type { Environment } from "./spec/environment.js";
export { type SchemaNode, specJsonSchema } from "./spec/json-schema.js";
export { joinOverrideWords, type Replacement } from "./spec/overrides.js";
export type { SpecProblem } from "./spec/problem.js";
export {
  checkSpec,
  type ResolvedSpec,
  type ResolveOptions,
  resolveSpec,
  type SpecOutcome,
  storedSpec,
} from "./spec/resolve.js";
export type {
  MethodSpec,
  ModelSpec,
  RunSpec,
  Spec,
  SpecInput,
  TrackingSpec,
  TrainSettings,
} from "./spec/schema.js";
export type { BenchmarkSpec } from "./spec/schema-benchmarks.js";
export { outsideKeys } from "./spec/schema-run.js";
export { methodNames } from "./spec/schema-training.js";
export { expandTrials, type Trial } from "./spec/trials.js";
export { specToYaml } from "./spec/write.js";
export { folderStore, type StoreLookup, type TrainingResult, type TrainingStore } from "./store.js";
