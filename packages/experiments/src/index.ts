export { specKeyTable } from "./spec/docs.js";
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
  BenchmarkSpec,
  MethodSpec,
  ModelSpec,
  Spec,
  SpecInput,
  TrainSettings,
} from "./spec/schema.js";
export { type LossName, lossNames, methodNames } from "./spec/schema-training.js";
export { expandTrials, type Trial } from "./spec/trials.js";
export { specToYaml } from "./spec/write.js";
