import type { DatasetInput, RunStatus, StringMap } from "mlflow-js-client";

/** A number as JSON can hold it: `NaN`, `Infinity` and `-Infinity` as text. */
export type Plain = number | "NaN" | "Infinity" | "-Infinity";

export const toPlain = (value: number): Plain => {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
};

/** Where points go: a run by its own id, and what is put before each name. */
export type Target = readonly [run: string, prefix: string];

/** A step, when it was, and a value for each name. */
export type PointRow = readonly [step: number, at: number, ...values: Plain[]];

/**
 * What is to be done at the store, one record of the spool each. Runs go by ids of our own, made from
 * the run folder: the store's ids are learnt at delivery. Every operation may be done twice without
 * harm, and those on one run other than its creation in any order but that of the statuses.
 */
export type Operation =
  /** There is this run: create it, or bring its name, tags and params up to date. */
  | {
      readonly op: "run";
      readonly run: string;
      readonly parent?: string;
      readonly name: string;
      /** Milliseconds since 1970, as everywhere here. */
      readonly at: number;
      readonly tags: StringMap;
      readonly params: StringMap;
    }
  | {
      readonly op: "points";
      readonly to: readonly Target[];
      /** Points of one series come once a step: `step`, `epoch`, `weights`, `scores`, ... */
      readonly series: string;
      readonly names: readonly string[];
      readonly rows: readonly PointRow[];
    }
  | { readonly op: "inputs"; readonly run: string; readonly datasets: readonly DatasetInput[] }
  | {
      readonly op: "status";
      readonly run: string;
      readonly status: RunStatus;
      readonly at: number;
    }
  | { readonly op: "tags"; readonly run: string; readonly tags: StringMap }
  | {
      readonly op: "artifact";
      readonly run: string;
      /** From the run folder, or absolute. */
      readonly file: string;
      /** Folder among the run's artifacts; "" for their root. */
      readonly folder: string;
      /** SHA-256 of the file. */
      readonly digest: string;
    };

const kinds: ReadonlySet<unknown> = new Set([
  "run",
  "points",
  "inputs",
  "status",
  "tags",
  "artifact",
] satisfies Operation["op"][]);

/** Whether a record of a spool is an operation. Its checksum held, so the kind says it all. */
export const isOperation = (value: unknown): value is Operation =>
  typeof value === "object" && value !== null && "op" in value && kinds.has(value.op);
