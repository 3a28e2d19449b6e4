export { at, CounterweightError, type ErrorDetails, type ErrorKind } from "./errors.js";
export {
  removeUnfinished,
  systemCode,
  temporaryName,
  writeFileAtomic,
  writeRefusal,
  writeWhole,
} from "./files.js";
export { canonicalJson, sha256, type WrittenJson } from "./hashing.js";
export { hideSecrets } from "./hide-secrets.js";
export { nearest } from "./nearest.js";
export { type Random, randomStream, type StreamKey } from "./random.js";
