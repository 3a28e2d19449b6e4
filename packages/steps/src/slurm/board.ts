import { join } from "node:path";
import type { Outcome } from "../executor.js";
import type { ClusterLimits, SlurmClient } from "./client.js";
import { writeInit } from "./init-file.js";
import { removeSubmission } from "./job-files.js";
import type { ResolvedSlurmOptions } from "./options.js";
import type { TrackedJob } from "./tracked-job.js";

/** What the parts of the executor share: its jobs and what is known of Slurm. */
export interface Board {
  readonly options: ResolvedSlurmOptions;
  readonly client: SlurmClient;
  readonly jobs: Map<string, TrackedJob>;
  /** Steps given to this executor that ended without an entry. */
  readonly endedWithout: Set<string>;
  limits: ClusterLimits;
  /** Tasks that an array may have; made smaller when Slurm refuses. */
  arraySize: number;
  /** Since when the controller does not answer. */
  awaySince: number | undefined;
  /** Something happened at this look: look again soon. */
  changed: boolean;
  /** Hash that names the file with what jobs start with; written when first asked for. */
  readonly initSha256: () => Promise<string>;
  /** Whether a key is in the store; an entry once seen is taken to stay. */
  readonly isPublished: (key: string) => Promise<boolean>;
  /** The same, asked of the store now: somebody did not find it. */
  readonly isStillPublished: (key: string) => Promise<boolean>;
  /**
   * The end of a job: its step's `execute` resolves.
   * @param keep leaves `submitted.json`, so that a later run finds the job again
   */
  readonly end: (job: TrackedJob, outcome: Outcome, keep?: "keep") => Promise<void>;
  /** Says something once until `fine` is called with the same topic. */
  readonly warn: (topic: string, message: string) => void;
  readonly fine: (topic: string) => boolean;
}

export function createBoard(options: ResolvedSlurmOptions, client: SlurmClient): Board {
  const published = new Set<string>();
  const said = new Set<string>();
  let init: Promise<string> | undefined;
  const board: Board = {
    ...{ options, client, jobs: new Map(), endedWithout: new Set() },
    ...{ limits: { arraySize: 1000, minJobAge: 300 }, arraySize: 1000 },
    ...{ awaySince: undefined, changed: false },
    initSha256: () => {
      init ??= writeInit(options.folder, options.init).catch((error) => {
        // A disk's bad moment must not spoil all later submissions.
        init = undefined;
        throw error;
      });
      return init;
    },
    isPublished: async (key) => {
      if (published.has(key)) return true;
      if (!(await options.store.has(key))) return false;
      published.add(key);
      board.endedWithout.delete(key);
      return true;
    },
    isStillPublished: (key) => {
      published.delete(key);
      return board.isPublished(key);
    },
    end: async (job, outcome, keep) => {
      const { key } = job.step;
      // A file that cannot be removed costs a later run one look at a job that has ended.
      if (keep === undefined) await removeSubmission(job.files).catch(() => undefined);
      if (board.jobs.get(key) === job) board.jobs.delete(key);
      if (outcome.kind !== "made" && outcome.kind !== "found") board.endedWithout.add(key);
      if (outcome.kind === "input-lost") published.delete(outcome.input);
      board.changed = true;
      job.resolve(outcome);
    },
    warn: (topic, message) => {
      if (said.has(topic)) return;
      said.add(topic);
      options.onWarning(message);
    },
    fine: (topic) => said.delete(topic),
  };
  return board;
}

/** Folder of a step's job. */
export const jobFolder = ({ folder }: { readonly folder: string }, key: string): string =>
  join(folder, "jobs", key);
