export { createDropoutMasks, type DropoutMasks, type MaskRequest } from "./dropout.js";
export type {
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
export {
  type LabelledTexts,
  type LogScores,
  mostLikely,
  type TrainRequest,
  train,
} from "./train.js";
export { predict, type TrainedModel } from "./trained-model.js";
export {
  createTrainingSession,
  type InitialParameters,
  type StepResult,
  type TrainingSession,
} from "./training-session.js";
