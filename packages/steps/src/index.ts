export type { StepsEvent, StepsSummary } from "./events.js";
export type {
  Executor,
  ExecutorEvent,
  Outcome,
  Runner,
  RunnerContext,
} from "./executor.js";
export { costModel, type StepCost } from "./run/cost-model.js";
export { type Estimate, type EstimateOptions, estimate } from "./run/estimate.js";
export { type FindStepsOptions, type FoundSteps, findSteps } from "./run/find-steps.js";
export { type InProcessOptions, inProcess } from "./run/in-process.js";
export { machineRecord } from "./run/machine-record.js";
export { type MakeStepOptions, makeStep } from "./run/make-step.js";
export { collectMeasurements, type Measurement } from "./run/measurements.js";
export { type RunStepsOptions, runSteps } from "./run/run-steps.js";
export { type ServeWorkerOptions, serveWorker } from "./run/serve-worker.js";
export { type StepGraph, stepGraph } from "./run/step-graph.js";
export { withdrawn } from "./run/withdrawn.js";
export { type WorkerPoolOptions, workerPool } from "./run/worker-pool.js";
export type { RunCommand } from "./slurm/client.js";
export { slurmExecutor } from "./slurm/executor.js";
export type { SlurmOptions } from "./slurm/options.js";
export { type ServeJobOptions, serveJob } from "./slurm/serve-job.js";
export type { SlurmRequest } from "./slurm/submission.js";
export { keyOf, type Making, type Step, type StepResources } from "./step.js";
export { logFile, readLog } from "./store/entry-log.js";
export {
  compareMakings,
  type Difference,
  type ExplainOptions,
  type Explanation,
  explainMiss,
} from "./store/explain.js";
export { bytesIn } from "./store/files.js";
export { type FolderStore, type FolderStoreOptions, folderStore } from "./store/folder-store.js";
export { type Collected, type GcOptions, gc } from "./store/gc.js";
export { type HeldStep, heldSteps } from "./store/held-steps.js";
export { isResultFile } from "./store/layout.js";
export { type Verification, verify } from "./store/verify.js";
export type {
  Claim,
  Entry,
  EntryRecord,
  FileProof,
  Holder,
  Lease,
  Lookup,
  MachineRecord,
  Store,
} from "./store.js";
