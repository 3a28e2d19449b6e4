export {
  createOptimizer,
  type Optimizer,
  type OptimizerSettings,
  type StepInput,
  type StepReport,
} from "./optimizer.js";
export {
  createParameterState,
  type Parameter,
  ParameterState,
  type ParameterStateOptions,
  type SparseParameter,
} from "./parameter-state.js";
export type { ParameterSpec } from "./storage.js";
export { copyState, type StoredParameter, type TrainingState } from "./training-state.js";
