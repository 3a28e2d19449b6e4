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

/** Keeps them for later runs; none, and the file goes. */
export async function writeFailures(folder: string, failures: KnownFailures): Promise<void> {
  const path = join(folder, file);
  if (failures.size === 0) await rm(path, { force: true });
  else await writeFileAtomic(path, `${JSON.stringify(Object.fromEntries(failures), null, 2)}\n`);
}

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
