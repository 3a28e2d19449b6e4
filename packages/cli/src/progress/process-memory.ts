import { readdirSync, readFileSync } from "node:fs";

/**
 * Resident bytes of a process and all that it started, pages that they share counted for each;
 * undefined where the system has no /proc with lists of children (Linux has).
 */
export function processTreeMemory(root = process.pid): number | undefined {
  let sum = 0;
  const waiting = [root];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const own = residentBytes(next);
    if (own === undefined) {
      if (next === root) return undefined;
      continue;
    }
    sum += own;
    waiting.push(...childrenOf(next));
  }
  return sum;
}

function residentBytes(id: number): number | undefined {
  try {
    const found = /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${id}/status`, "latin1"));
    return found === null ? 0 : 1024 * Number(found[1]);
  } catch {
    return undefined;
  }
}

function childrenOf(id: number): number[] {
  try {
    return readdirSync(`/proc/${id}/task`).flatMap((thread) =>
      readFileSync(`/proc/${id}/task/${thread}/children`, "latin1")
        .split(" ")
        .filter((word) => word !== "")
        .map(Number),
    );
  } catch {
    return [];
  }
}
