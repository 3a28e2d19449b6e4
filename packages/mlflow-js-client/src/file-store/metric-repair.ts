import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { orAbsent } from "./files.js";
import { withLock } from "./lock.js";

/** Name of a run's lock for repairs. */
const LOCK = ".repair.lock";
/** A writer that is alive finishes its line, which is one system call, well within this. */
const QUIET_MS = 100;
const LINE_END = 0x0a;
const CHUNK = 65_536;

/** What a repair did. */
export type Repair = "intact" | "cut" | "removed";

/** Whether a file ends as a metric's file must: with the end of a line, so not empty either. */
export async function endsWell(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false;
  const { bytesRead, buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return bytesRead === 1 && buffer[0] === LINE_END;
}

/** The length of all whole lines. */
async function wholeLength(file: FileHandle, size: number): Promise<number> {
  for (let end = size; end > 0; end -= CHUNK) {
    const start = Math.max(0, end - CHUNK);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    const at = buffer.subarray(0, bytesRead).lastIndexOf(LINE_END);
    if (at >= 0) return start + at + 1;
  }
  return 0;
}

async function repairLocked(path: string): Promise<Repair> {
  for (;;) {
    const file = await orAbsent(open(path, "r+"));
    if (file === undefined) return "intact";
    try {
      const { size } = await file.stat();
      if (await endsWell(file, size)) return "intact";
      await sleep(QUIET_MS);
      if ((await file.stat()).size !== size) continue;
      const length = await wholeLength(file, size);
      // An empty file is as bad as a torn line: MLflow then refuses the whole experiment.
      if (length === 0) await rm(path, { force: true });
      else await file.truncate(length);
      return length === 0 ? "removed" : "cut";
    } finally {
      await file.close();
    }
  }
}

/**
 * Cuts what a killed writer left of its last line. Writers that are alive are waited for, and of
 * several that want to repair one does, so no whole line is lost.
 * @param runFolder where the lock is put
 */
export async function repairMetricFile(path: string, runFolder: string): Promise<Repair> {
  const file = await orAbsent(open(path, "r"));
  if (file === undefined) return "intact";
  try {
    if (await endsWell(file, (await file.stat()).size)) return "intact";
  } finally {
    await file.close();
  }
  return withLock(join(runFolder, LOCK), () => repairLocked(path));
}
