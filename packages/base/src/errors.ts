/**
 * Who must act, and where: the kind decides the exit code and the tone of the message.
 * - `usage`: the command line; `spec`: the YAML file; `data`: a user's file; `model`: a checkpoint;
 * - `shape`: a tensor program that does not fit together; `training`: a run that cannot go on;
 * - `runtime`: the numerical back end refused; `internal`: a mistake of ours.
 */
export type ErrorKind =
  | "usage"
  | "spec"
  | "data"
  | "model"
  | "shape"
  | "training"
  | "runtime"
  | "internal";

export interface ErrorDetails {
  /** File, row, YAML path with line: whatever lets a person find the place. */
  readonly where?: string;
  /** What to do about it, as an imperative sentence. */
  readonly fix?: string;
  readonly cause?: unknown;
}

/** The one error class of the project: what was wrong, where, and what to do. */
export class CounterweightError extends Error {
  override readonly name = "CounterweightError";
  readonly kind: ErrorKind;
  readonly where: string | undefined;
  readonly fix: string | undefined;

  constructor(kind: ErrorKind, what: string, details: ErrorDetails = {}) {
    const place = details.where === undefined ? "" : `${details.where}: `;
    const advice = details.fix === undefined ? "" : ` ${details.fix}`;
    // An absent cause stays absent, else Node prints "[cause]: undefined" below the stack.
    super(`${place}${what}${advice}`, "cause" in details ? { cause: details.cause } : undefined);
    this.kind = kind;
    this.where = details.where;
    this.fix = details.fix;
  }
}

/** Reads an array where the index is known to be inside; an `internal` error says otherwise. */
export function at<T>(values: ArrayLike<T>, index: number): T {
  const value = values[index];
  if (value === undefined) {
    throw new CounterweightError("internal", `index ${index} is outside 0..${values.length - 1}`);
  }
  return value;
}
