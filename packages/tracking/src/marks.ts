import { canonicalJson, sha256 } from "@counterweight/base";
import type { Operation, PointRow, Target } from "./operations.js";
import { addStep, hasStep, type Steps } from "./steps-seen.js";

/** What is known to be logged of one run. */
export interface RunMarks {
  /** Hash of name, tags and params. */
  described?: string;
  /** Hash of the trial; see `trialHash`. */
  trial?: string;
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

type Points = Extract<Operation, { readonly op: "points" }>;

const hashOf = (value: unknown): string => sha256(canonicalJson(value)).slice(0, 16);

const marksOf = (marks: Marks, run: string): RunMarks => {
  const known = marks[run] ?? { steps: {}, last: {}, tags: {}, artifacts: {} };
  marks[run] = known;
  return known;
};

const artifactPath = ({ file, folder }: { file: string; folder: string }): string =>
  `${folder}/${file}`;

/** The values of a series that comes once: the time at which they were had is no part of them. */
const lastOf = ({ names, rows }: Points): string => {
  const [step, , ...values] = rows.at(-1) ?? [0, 0];
  return JSON.stringify([step, names, values]);
};

/** Points that are new for at least one run, for those runs: by run, series and step. */
function newPoints(marks: Marks, operation: Points): Points[] {
  const { to, series, rows } = operation;
  const isNew = ([run, prefix]: Target, [step]: PointRow): boolean => {
    const known = marks[run];
    if (known === undefined) return true;
    const key = prefix + series;
    if (stepped.has(series)) return !hasStep(known.steps[key], step);
    return known.last[key] !== lastOf(operation);
  };
  if (to.every((target) => rows.every((row) => isNew(target, row)))) return [operation];
  return rows.flatMap((row) => {
    const fresh = to.filter((target) => isNew(target, row));
    return fresh.length === 0 ? [] : [{ ...operation, to: fresh, rows: [row] }];
  });
}

/**
 * What of an operation is new; nothing where nothing is. Points are new by run, series and step: a
 * step done again after a kill has the same values, but another time.
 */
export function newOf(marks: Marks, operation: Operation): Operation[] {
  if (operation.op === "points") return newPoints(marks, operation);
  const fresh = newOther(marks, operation);
  return fresh === undefined ? [] : [fresh];
}

function newOther(marks: Marks, operation: Exclude<Operation, Points>): Operation | undefined {
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
    const { to, series, rows } = operation;
    for (const [run, prefix] of to) {
      const known = marksOf(marks, run);
      const key = prefix + series;
      if (!stepped.has(series)) known.last[key] = lastOf(operation);
      else for (const [step] of rows) known.steps[key] = addStep(known.steps[key], step);
    }
    return;
  }
  const known = marksOf(marks, operation.run);
  switch (operation.op) {
    case "run": {
      const { name, tags, params } = operation;
      known.described = hashOf({ name, tags, params });
      const trial = tags["counterweight.trial"];
      if (trial !== undefined) known.trial = trial;
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
