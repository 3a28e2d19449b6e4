import { readFileSync, writeFileSync } from "node:fs";

/**
 * Starts to measure this process's largest resident set, and returns how to read it, in bytes.
 * Linux can forget an earlier peak, so that a worker's small step after a large one is seen as
 * small; elsewhere it is the largest of the process's life.
 */
export function measurePeakMemory(): () => number {
  let forgotten = false;
  try {
    // proc(5): writing 5 resets the peak resident set size to the present one.
    writeFileSync("/proc/self/clear_refs", "5");
    forgotten = true;
  } catch {
    // No Linux, or not allowed: see below.
  }
  return () => {
    if (forgotten) {
      const kibibytes = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync("/proc/self/status", "latin1"));
      if (kibibytes !== null) return Number(kibibytes[1]) * 1024;
    }
    return process.resourceUsage().maxRSS * 1024;
  };
}
