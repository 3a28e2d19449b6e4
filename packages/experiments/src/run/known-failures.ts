import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "@counterweight/base";
import type { Executor } from "@counterweight/steps";

const file = "failures.json";

/** Steps that failed for a reason of their own, which they would fail for again: message by key. */
export type KnownFailures = ReadonlyMap<string, string>;

/** What earlier runs in a folder found; empty where the file is missing or no such record. */
export async function readFailures(folder: string): Promise<KnownFailures> {
  try {
    const value: unknown = JSON.parse(await readFile(join(folder, file), "utf8"));
    if (typeof value !== "object" || value === null) return new Map();
    return new Map(Object.entries(value).map(([key, message]) => [key, String(message)]));
  } catch {
    return new Map();
  }
}

/** Keeps failures on disk as a run finds them, so that a kill loses none that was told. */
export interface FailureKeeper {
  /** Writes them where they changed. Of very many only now and then. */
  note(failures: KnownFailures): Promise<void>;
  /**
   * Writes what is not written yet; none, and the file goes.
   * @throws CounterweightError `usage` where the disk refuses.
   */
  settle(failures: KnownFailures): Promise<void>;
}

/** So many are written each as it comes. */
const fewFailures = 100;
/** Of more, writing takes this share of the time at most: the file of 10,000 has megabytes. */
const writingShare = 0.05;

/** @param known what the folder's file says now */
export function failureKeeper(folder: string, known: KnownFailures): FailureKeeper {
  const path = join(folder, file);
  let written = textOf(known);
  let notBefore = 0;
  async function write(text: string): Promise<void> {
    const began = performance.now();
    if (text === "") await rm(path, { force: true });
    else await writeFileAtomic(path, text);
    written = text;
    const ended = performance.now();
    notBefore = ended + (ended - began) / writingShare;
  }
  return {
    async note(failures) {
      if (failures.size > fewFailures && performance.now() < notBefore) return;
      const text = textOf(failures);
      // A disk that refuses stops no training: `settle` says so at the end.
      if (text !== written) await write(text).catch(() => undefined);
    },
    async settle(failures) {
      const text = textOf(failures);
      if (text !== written) await write(text);
    },
  };
}

const textOf = (failures: KnownFailures): string =>
  failures.size === 0 ? "" : `${JSON.stringify(Object.fromEntries(failures), null, 2)}\n`;

/** An executor that does not try again what is known to fail. */
export function withoutFailures(executor: Executor, known: KnownFailures): Executor {
  if (known.size === 0) return executor;
  return {
    ...executor,
    execute: async (step, options) => {
      const message = known.get(step.key);
      return message === undefined
        ? executor.execute(step, options)
        : { kind: "failed", message, again: false };
    },
  };
}
