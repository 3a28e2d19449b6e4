export {
  type LatestCheckpoint,
  latestCheckpoint,
  readCheckpoint,
  type StoredCheckpoint,
  writeCheckpoint,
} from "./checkpoint/folder.js";
export type { JsonValue } from "./checkpoint/progress.js";
export {
  type BestEpoch,
  type CheckpointPlan,
  copyCheckpoint,
  type TrainingCheckpoint,
} from "./checkpoint/training-checkpoint.js";
export { createDropoutMasks, type DropoutMasks, type MaskRequest } from "./dropout.js";
export type {
  CheckpointEvent,
  EndEvent,
  EpochEvent,
  StepEvent,
  TrainingEvent,
  ValidationScores,
} from "./events.js";
export {
  createOptimizer,
  createParameterState,
  type Optimizer,
  type OptimizerSettings,
  type ParameterSpec,
  type ParameterState,
  type StoredParameter,
  type TrainingState,
} from "./optimizer/index.js";
export { createPredictor, type Predictor } from "./predictor.js";
export {
  buildPredictionProgram,
  buildStepProgram,
  gradientName,
  type StepProgram,
  wordVectorGradient,
} from "./programs.js";
export { learningRateAt, type ScheduleKind } from "./schedule.js";
export { paperSettings, type TrainingSettings } from "./settings.js";
export { mostLikely, train } from "./train.js";
export type {
  InitialParameters,
  LabelledTexts,
  LogScores,
  TrainingRows,
  TrainRequest,
} from "./train-request.js";
export { predict, type TrainedModel } from "./trained-model.js";
export {
  createTrainingSession,
  type SessionState,
  type StepResult,
  type TrainingSession,
} from "./training-session.js";
