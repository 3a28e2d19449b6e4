import { canonicalJson, sha256 } from "@counterweight/base";
import type { Operation } from "./operations.js";
import { addStep, hasStep, type Steps } from "./steps-seen.js";

/** What is known to be logged of one run. */
export interface RunMarks {
  /** Hash of name, tags and params. */
  described?: string;
  /** Hash of the data sets. */
  inputs?: string;
  status?: string;
  /** Steps logged, by prefix and series. */
  steps: Record<string, Steps>;
  /** Last values of series that come once, by prefix and series. */
  last: Record<string, string>;
  tags: Record<string, string>;
  /** SHA-256 of artifacts by path. */
  artifacts: Record<string, string>;
}

/**
 * What of a run folder is logged already, by run. Everything in it follows from the operations
 * applied, so it is kept with the position of the spool and brought up to date by what is waiting.
 */
export type Marks = Record<string, RunMarks>;

/** Series that a training goes through again after a kill, so that steps must be told apart. */
const stepped: ReadonlySet<string> = new Set(["step", "epoch", "weights"]);

const hashOf = (value: unknown): string => sha256(canonicalJson(value)).slice(0, 16);

const marksOf = (marks: Marks, run: string): RunMarks => {
  const known = marks[run] ?? { steps: {}, last: {}, tags: {}, artifacts: {} };
  marks[run] = known;
  return known;
};

const artifactPath = ({ file, folder }: { file: string; folder: string }): string =>
  `${folder}/${file}`;

/**
 * What of an operation is new; undefined where nothing is. Points are new by run, series and step:
 * a step done again after a kill has the same values, but another time.
 */
export function newOf(marks: Marks, operation: Operation): Operation | undefined {
  if (operation.op === "points") {
    const { to, series, step, values } = operation;
    const fresh = to.filter(([run, prefix]) => {
      const known = marks[run];
      if (known === undefined) return true;
      const key = prefix + series;
      if (stepped.has(series)) return !hasStep(known.steps[key], step);
      return known.last[key] !== JSON.stringify([step, values]);
    });
    if (fresh.length === 0) return undefined;
    return fresh.length === to.length ? operation : { ...operation, to: fresh };
  }
  const known = marks[operation.run];
  if (known === undefined) return operation;
  switch (operation.op) {
    case "run": {
      const { name, tags, params } = operation;
      return known.described === hashOf({ name, tags, params }) ? undefined : operation;
    }
    case "inputs":
      return known.inputs === hashOf(operation.datasets) ? undefined : operation;
    case "status":
      return known.status === operation.status ? undefined : operation;
    case "tags": {
      const fresh = Object.entries(operation.tags).filter(
        ([key, value]) => known.tags[key] !== value,
      );
      return fresh.length === 0 ? undefined : { ...operation, tags: Object.fromEntries(fresh) };
    }
    case "artifact":
      return known.artifacts[artifactPath(operation)] === operation.digest ? undefined : operation;
  }
}

/** Notes an operation as done. */
export function applyTo(marks: Marks, operation: Operation): void {
  if (operation.op === "points") {
    const { to, series, step, values } = operation;
    for (const [run, prefix] of to) {
      const known = marksOf(marks, run);
      const key = prefix + series;
      if (stepped.has(series)) known.steps[key] = addStep(known.steps[key], step);
      else known.last[key] = JSON.stringify([step, values]);
    }
    return;
  }
  const known = marksOf(marks, operation.run);
  switch (operation.op) {
    case "run": {
      const { name, tags, params } = operation;
      known.described = hashOf({ name, tags, params });
      // A run is created running, and one that is only described anew keeps what it was.
      known.status ??= "RUNNING";
      return;
    }
    case "inputs":
      known.inputs = hashOf(operation.datasets);
      return;
    case "status":
      known.status = operation.status;
      return;
    case "tags":
      Object.assign(known.tags, operation.tags);
      return;
    case "artifact":
      known.artifacts[artifactPath(operation)] = operation.digest;
  }
}
