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
export { describePlan } from "./run/describe-plan.js";
export { codeOf, environmentRecord } from "./run/environment-record.js";
export type { PlannedTraining, RunEvent, RunStatus, TrialScores } from "./run/events.js";
export { type PreparedRun, prepareRun } from "./run/prepare-run.js";
export type { RunResults, TrialOutcome } from "./run/results.js";
export { type RunOptions, runExperiment } from "./run/run-experiment.js";
export { type CreateExecutor, type ExecutorParts, wantedKeys } from "./run/run-plan.js";
export { schemaFile, specKeyTable, specReference } from "./spec/docs.js";
export type { Environment } from "./spec/environment.js";
export { type ExpandedSweep, expandSweep } from "./spec/expand.js";
export type { FileReader } from "./spec/extends.js";
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
export type { SweepSpec } from "./spec/schema-sweep.js";
export { methodNames } from "./spec/schema-training.js";
export { expandTrials, expandVariants, flatSettings, type Trial } from "./spec/trials.js";
export type { Variant } from "./spec/variants.js";
export { specToYaml } from "./spec/write.js";
export { createRunner, type RunnerInit } from "./steps/create-runner.js";
export type { TrainingResult } from "./steps/training-result.js";
