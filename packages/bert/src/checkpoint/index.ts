export {
  type BertConfig,
  configToJson,
  maxTokens,
  parseConfig,
  readConfig,
  withLabels,
} from "./config.js";
export { initialiseParameter, initialiseParameters } from "./initialise.js";
export {
  type Checkpoint,
  type LoadOptions,
  loadCheckpoint,
  matchParameters,
} from "./load-checkpoint.js";
export { type LoadReport, renderLoadReport, type ShapeMismatch } from "./load-report.js";
export {
  bertParameterShapes,
  HEAD_PARAMETERS,
  headParametersOf,
  parameterCount,
  parameterShapes,
} from "./parameter-shapes.js";
export { type RandomConfigOptions, randomConfig } from "./random-config.js";
export { type ParameterTensor, readSafetensors, type SafetensorsFile } from "./read-safetensors.js";
export { writeSafetensors } from "./write-safetensors.js";
