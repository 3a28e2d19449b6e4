import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "@counterweight/base";

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
  // A clock that cannot be kept is no reason to stop.
  const write = () => writeFileAtomic(path, String(seconds())).catch(() => undefined);
  let writing: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    writing = writing.then(write);
  }, everyMilliseconds);
  timer.unref();
  return {
    seconds,
    end: async (keep) => {
      clearInterval(timer);
      // Waited for: a write after publishing would bring the removed folder back.
      await writing;
      if (keep) await write();
    },
  };
}
