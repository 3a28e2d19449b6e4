import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryName } from "@counterweight/base";

/** In the work folder: seconds that attempts have spent on the step so far. */
const name = ".seconds-spent";
const everyMilliseconds = 5000;

/** The clock of a step over all its attempts. */
export interface TimeSpent {
  /** Seconds of this and all earlier attempts. */
  readonly seconds: () => number;
  /** Stops the clock; `keep`: a later attempt is to count these seconds too. */
  readonly end: (keep: boolean) => Promise<void>;
}

/**
 * Starts the clock where the attempts before left it. It is written down every 5 seconds, so a kill
 * loses at most these; a step that takes less writes nothing.
 */
export async function timeSpent(work: string): Promise<TimeSpent> {
  const path = join(work, name);
  const before = Number(await readFile(path, "utf8").catch(() => "0"));
  const start = performance.now();
  const seconds = () => (Number.isFinite(before) ? before : 0) + (performance.now() - start) / 1000;
  const write = async () => {
    const temporary = temporaryName(path);
    try {
      // Never makes the folder: without it the lease is lost, or the entry published.
      await writeFile(temporary, String(seconds()));
      await rename(temporary, path);
    } catch {
      // A clock that cannot be kept is no reason to stop.
    }
  };
  let writing: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    writing = writing.then(write);
  }, everyMilliseconds);
  timer.unref();
  return {
    seconds,
    end: async (keep) => {
      clearInterval(timer);
      await writing;
      if (keep) await write();
    },
  };
}
