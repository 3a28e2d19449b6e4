import type { DatasetInput, Metric, StringMap } from "./entities.js";
import { invalidParameter } from "./errors.js";
import { LIMITS } from "./limits.js";
import type { Batch, LogBatchOptions } from "./tracking-store.js";

/** A batch whose every part a server will take. */
export interface CheckedBatch {
  readonly metrics: readonly Metric[];
  readonly params: readonly (readonly [key: string, value: string])[];
  readonly tags: readonly (readonly [key: string, value: string])[];
}

/** A string for a message: quoted, and cut where it is long. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}

/** Unicode code points, as Python counts. Only long strings are walked through. */
function lengthOf(text: string, limit: number): number {
  if (text.length <= limit) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Refuses what is no text at all: databases cannot keep half a surrogate pair. */
function checkText(what: string, text: string): void {
  if (typeof text !== "string") throw invalidParameter(`${what} must be a string.`);
  if (/\p{Surrogate}/u.test(text)) {
    throw invalidParameter(`${what} ${shown(text)} is not valid Unicode: half a surrogate pair.`);
  }
}

/** Refuses text that is no text or is longer than a limit. */
export function checkLength(what: string, text: string, limit: number): void {
  checkText(what, text);
  const length = lengthOf(text, limit);
  if (length > limit) {
    throw invalidParameter(`${what} ${shown(text)} has ${length} characters, over ${limit}.`);
  }
}

/**
 * Refuses keys that MLflow refuses: other characters than letters and digits of any script and
 * `_ - . : / space`, over 250 characters, and paths that resolve to another name (`../x`, `a//b`).
 */
export function checkKey(what: string, key: string): void {
  checkLength(`${what} key`, key, LIMITS.key);
  if (!/^[/\p{L}\p{N}_.\- :]+$/u.test(key)) {
    throw invalidParameter(
      `${what} key ${shown(key)} may hold letters, digits, and _ - . : / and spaces only, and must not be empty.`,
    );
  }
  // A first part such as "..a" would be harmless, but MLflow refuses that too.
  if (key.startsWith("..") || key.split("/").some((part) => /^\.{0,2}$/.test(part))) {
    throw invalidParameter(
      `${what} key ${shown(key)} is read as a path: it must not start with ".." or have an empty, "." or ".." part.`,
    );
  }
}

function checkedValue(
  what: string,
  key: string,
  value: string,
  limit: number,
  longValues: LogBatchOptions["longValues"],
): string {
  checkText(`The value of ${what} ${shown(key)}`, value);
  const length = lengthOf(value, limit);
  if (length <= limit) return value;
  if (longValues === "cut") return Array.from(value).slice(0, limit).join("");
  throw invalidParameter(
    `The value of ${what} ${shown(key)} has ${length} characters, over ${limit}. Shorten it, log it as an artifact, or ask for long values to be cut.`,
  );
}

const checkedEntries = (
  what: string,
  entries: StringMap,
  limit: number,
  longValues: LogBatchOptions["longValues"],
) =>
  Object.entries(entries).map(([key, value]) => {
    checkKey(what, key);
    return [key, checkedValue(what, key, value, limit, longValues)] as const;
  });

/**
 * A time in whole milliseconds: a fraction is cut off, since a server that meets one stores 0.
 * @throws MlflowError where it is negative or no time.
 */
export function checkedTime(what: string, time: number): number {
  const whole = Math.trunc(time);
  if (!Number.isSafeInteger(whole) || whole < 0) {
    throw invalidParameter(`${what} is ${time}, not milliseconds since 1970.`);
  }
  return whole;
}

/** A metric as MLflow takes it: its time in whole milliseconds. */
export function checkedMetric(metric: Metric): Metric {
  const { key, value, timestamp, step } = metric;
  checkKey("metric", key);
  if (typeof value !== "number") {
    throw invalidParameter(`The value of metric ${shown(key)} must be a number.`);
  }
  if (!Number.isSafeInteger(step)) {
    throw invalidParameter(`The step of metric ${shown(key)} is ${step}, not a whole number.`);
  }
  return {
    key,
    value,
    timestamp: checkedTime(`The time of metric ${shown(key)}`, timestamp),
    step,
  };
}

/** Everything of a batch checked and put in order, before any of it is stored. */
export function checkedBatch(batch: Batch, longValues?: "refuse" | "cut"): CheckedBatch {
  return {
    metrics: (batch.metrics ?? []).map(checkedMetric),
    params: checkedEntries("param", batch.params ?? {}, LIMITS.paramValue, longValues),
    tags: checkedEntries("tag", batch.tags ?? {}, LIMITS.tagValue, longValues),
  };
}

/** Checks the tags of an experiment. */
export function checkExperimentTags(tags: StringMap): void {
  for (const [key, value] of Object.entries(tags)) {
    checkKey("experiment tag", key);
    checkLength(`The value of experiment tag ${shown(key)}`, value, LIMITS.experimentTagValue);
  }
}

/** Checks the name of an experiment: 1 to 500 characters. */
export function checkExperimentName(name: string): void {
  checkLength("experiment name", name, LIMITS.experimentName);
  if (name === "") throw invalidParameter("An experiment's name must not be empty.");
}

/** Checks the lengths of a data set and its tags. */
export function checkDatasetInput({ dataset, tags }: DatasetInput): void {
  checkLength("dataset name", dataset.name, LIMITS.datasetName);
  checkLength("dataset digest", dataset.digest, LIMITS.datasetDigest);
  checkLength("dataset source type", dataset.sourceType, LIMITS.key);
  checkLength("dataset source", dataset.source, LIMITS.datasetSource);
  if (dataset.schema !== undefined) {
    checkLength("dataset schema", dataset.schema, LIMITS.datasetSchema);
  }
  if (dataset.profile !== undefined) {
    checkLength("dataset profile", dataset.profile, LIMITS.datasetProfile);
  }
  for (const [key, value] of Object.entries(tags)) {
    checkLength("dataset tag key", key, LIMITS.inputTagKey);
    checkLength(`The value of dataset tag ${shown(key)}`, value, LIMITS.inputTagValue);
  }
}

/**
 * Refuses artifact paths that would leave the run's folder or that a server would store under another
 * name: absolute ones, empty, `.` and `..` parts, `\`, `#`, control characters, and `%` followed by
 * two hexadecimal digits (a server decodes paths until nothing is left to decode).
 */
export function checkArtifactPath(path: string): void {
  checkText("artifact path", path);
  if (path.split("/").some((part) => part === "" || part === "." || part === "..")) {
    throw invalidParameter(
      `The artifact path ${shown(path)} must be relative, with no empty, "." or ".." part.`,
    );
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (/[\\#\u0000-\u001f\u007f]|%[0-9a-f]{2}/i.test(path) || /^[a-z]:/i.test(path)) {
    throw invalidParameter(
      `The artifact path ${shown(path)} holds a \\, #, control character, drive or %XX, which MLflow changes or refuses.`,
    );
  }
}
