export {
  type HubId,
  isHubId,
  looksLikePath,
  type ModelPlace,
  parseHubId,
  placeOfModel,
  type RepoType,
} from "./hub-id.js";
export { type Fault, type LocalHub, type LocalRepo, startLocalHub } from "./local-hub/server.js";
export type { HubOptions } from "./repository.js";
export {
  type DatasetFiles,
  type DatasetOptions,
  type DatasetSplit,
  resolveDatasetFiles,
} from "./resolve-dataset.js";
export { type ModelFolder, type ModelOptions, resolveModelFolder } from "./resolve-model.js";
export type { Patience } from "./session.js";
export { type Environment, type HubSettings, hubSettings } from "./settings.js";
export type { DownloadProgress } from "./snapshot.js";
