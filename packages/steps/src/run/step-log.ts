import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/** A step's own log file, for people: what happened when. */
export interface StepLog {
  readonly line: (text: string) => void;
  /** What a runner emitted: a line of it now and then. */
  readonly progress: (event: unknown) => void;
}

const everyMilliseconds = 10_000;
const mostCharacters = 400;

/**
 * Appends to a file, line by line and at once, so that a kill loses none. A disk that refuses costs
 * the lines, never the step. Without a path nothing is written.
 */
export function stepLog(path: string | undefined, now: () => number = Date.now): StepLog {
  if (path === undefined) return { line: () => {}, progress: () => {} };
  const line = (text: string) => {
    try {
      mkdirSync(dirname(path), { recursive: true });
      appendFileSync(path, `${new Date(now()).toISOString()} ${text}\n`);
    } catch {
      // The step matters more than its log.
    }
  };
  let last = Number.NEGATIVE_INFINITY;
  return {
    line,
    progress: (event) => {
      if (now() - last < everyMilliseconds) return;
      last = now();
      const text = JSON.stringify(event) ?? String(event);
      line(text.length > mostCharacters ? `${text.slice(0, mostCharacters)}...` : text);
    },
  };
}
