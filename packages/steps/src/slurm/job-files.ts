import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemCode, writeFileAtomic } from "@counterweight/base";
import type { ExecutorEvent, Outcome } from "../executor.js";
import type { Step } from "../step.js";

/** What a job is to make; `step.json` in its folder. */
export interface JobOrder {
  readonly step: Step;
  /** 1 for the first try at the step; recorded in its entry. */
  readonly attempt: number;
  /**
   * Light steps on its way that were not in the store when it was submitted, in topological order:
   * the job makes what is still missing of them.
   */
  readonly before?: readonly Step[];
  /** For the worker's `createRunner` and `openStore`, plain JSON; absent where it has a file. */
  readonly init?: unknown;
  /** SHA-256 of the file that holds `init` for many jobs; see `writeInit`. */
  readonly initSha256?: string;
}

/** `submitted.json`: there from before `sbatch` is called until the outcome was handed over. */
export interface Submission {
  /** Unique; Slurm's comment on the job, by which its id is found again. */
  readonly comment: string;
  /** Index in an array; null for a job of its own. */
  readonly index: number | null;
  /** 1 for the first submission, raised when a lost job is submitted again. */
  readonly attempt: number;
  /** What the job prints. */
  readonly log: string;
  /** "17" or "17_3"; absent until `sbatch` answered. */
  readonly job?: string;
}

/** `exit.json`: what a job that came to its own end leaves. */
export interface ExitRecord {
  readonly outcome: Outcome;
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly ended: string;
  readonly node: string;
  readonly job: string;
  /** Key of a step it needs that was not in the store when the job started. */
  readonly absentNeed?: string;
}

/** The files by which coordinator and job speak, all in one folder a step. */
export interface JobFiles {
  readonly folder: string;
  readonly step: string;
  readonly submitted: string;
  readonly exit: string;
  readonly events: string;
}

export const jobFiles = (folder: string): JobFiles => ({
  folder,
  step: join(folder, "step.json"),
  submitted: join(folder, "submitted.json"),
  exit: join(folder, "exit.json"),
  events: join(folder, "events.jsonl"),
});

/** Parsed content; undefined where there is no such file, or no JSON in it. */
async function readJson<T>(path: string): Promise<T | undefined> {
  const text = await readFile(path, "utf8").catch((error) => {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ESTALE") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    // A border: these files are written by this package alone, whole.
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

const writeJson = (path: string, value: unknown): Promise<void> =>
  writeFileAtomic(path, `${JSON.stringify(value, undefined, 2)}\n`);

export const readOrder = (files: JobFiles): Promise<JobOrder | undefined> =>
  readJson<JobOrder>(files.step);

export const readSubmission = (files: JobFiles): Promise<Submission | undefined> =>
  readJson<Submission>(files.submitted);

export const writeSubmission = (files: JobFiles, submission: Submission): Promise<void> =>
  writeJson(files.submitted, submission);

/** After the outcome was handed over: a later run submits anew. */
export const removeSubmission = (files: JobFiles): Promise<void> =>
  rm(files.submitted, { force: true });

export async function readExit(files: JobFiles): Promise<ExitRecord | undefined> {
  const record = await readJson<Partial<ExitRecord>>(files.exit);
  if (record?.outcome === undefined) return undefined;
  return { started: "", ended: "", node: "", job: "", ...record, outcome: record.outcome };
}

export const writeExit = (files: JobFiles, record: ExitRecord): Promise<void> =>
  writeJson(files.exit, record);

/** Lays a job's folder out for a submission: what earlier ones left of their end is removed. */
export async function prepareFolder(
  files: JobFiles,
  order: JobOrder,
  options: { readonly fresh: boolean },
): Promise<void> {
  await mkdir(files.folder, { recursive: true });
  await rm(files.exit, { force: true });
  if (options.fresh) await rm(files.events, { force: true });
  await writeJson(files.step, order);
}

/** Reads the whole lines that were appended since the last look; a torn line is left out. */
export function eventTail(files: JobFiles): () => Promise<ExecutorEvent[]> {
  let offset = 0;
  return async () => {
    const file = await open(files.events, "r").catch((error) => {
      if (systemCode(error) === "ENOENT" || systemCode(error) === "ESTALE") return undefined;
      throw error;
    });
    if (file === undefined) return [];
    try {
      const { size } = await file.stat();
      if (size < offset) offset = 0;
      const { bytesRead, buffer } = await file.read(
        Buffer.alloc(size - offset),
        0,
        size - offset,
        offset,
      );
      const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
      offset += end;
      return buffer.subarray(0, end).toString("utf8").split("\n").flatMap(parseEvent);
    } finally {
      await file.close();
    }
  };
}

function parseEvent(line: string): ExecutorEvent[] {
  try {
    const event: unknown = JSON.parse(line);
    if (typeof event !== "object" || event === null || !("type" in event)) return [];
    // A border: this package alone writes them.
    return [event as ExecutorEvent];
  } catch {
    return [];
  }
}
