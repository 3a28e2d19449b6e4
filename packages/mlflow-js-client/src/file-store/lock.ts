import { open, rename, rm, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { MlflowError } from "../errors.js";
import { orAbsent, systemCode } from "./files.js";

/** A holder that is older was killed: what is done under the lock takes under a second. */
const STALE_MS = 15_000;
const PATIENCE_MS = 60_000;

async function take(path: string): Promise<boolean> {
  try {
    await (await open(path, "wx")).close();
    return true;
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  }
  const held = await orAbsent(stat(path));
  if (held !== undefined && Date.now() - held.mtimeMs > STALE_MS) {
    // Only one of several can rename it away.
    const aside = `${path}.${process.pid}.stale`;
    await orAbsent(rename(path, aside));
    await rm(aside, { force: true });
  }
  return false;
}

/**
 * Does something that only one process may do at a time.
 * @throws MlflowError `INTERNAL_ERROR`, retryable, where the lock stays taken for a minute.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const start = Date.now();
  while (!(await take(path))) {
    if (Date.now() - start > PATIENCE_MS) {
      throw new MlflowError(`${path} is held by another process; remove it if there is none.`, {
        errorCode: "INTERNAL_ERROR",
        retryable: true,
      });
    }
    await sleep(20);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}
