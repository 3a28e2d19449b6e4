import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { CounterweightError, removeUnfinished, writeRefusal } from "@counterweight/base";
import type { RunEvent } from "./events.js";
import { lockFolder } from "./run-lock.js";
import { toldCourses } from "./told-courses.js";

/** Appends events to a file, one JSON line each. */
export interface EventLog {
  /**
   * Leaves out the course of a training that the file has for the same trials: each continuation of
   * a run tells those of all finished trainings anew.
   * @throws CounterweightError `usage` where the disk refuses for so long that memory would fill.
   */
  append(event: RunEvent): Promise<void>;
  /** @throws CounterweightError `usage` where the last lines could not be written. */
  close(): Promise<void>;
}

/** Bytes of lines that wait for a disk to take them again; about 200,000 steps. */
const mostWaiting = 64 * 1024 * 1024;

/**
 * Opens `events.jsonl` for appending: every run of a folder adds to it, each line with its time
 * (ISO 8601, UTC) and the id of its run. A line that a kill left unfinished is cut off first, so that
 * every line is JSON, and what it left of other files in the folder is removed. Lines go out at least
 * once a second. A disk that is full stops no training: lines wait in memory and go out, whole and in
 * order, once there is room. Until it is closed the folder is this run's alone.
 * @throws CounterweightError `usage` when the folder cannot be made or written, or another run has it.
 */
export async function openEventLog(
  path: string,
  { now, run }: { readonly now: () => Date; readonly run: string },
): Promise<EventLog> {
  const file = await openForAppending(path);
  let release: () => Promise<void> = async () => undefined;
  try {
    release = await lockFolder(dirname(path));
    await cutUnfinishedLine(file);
    await removeUnfinished(dirname(path));
  } catch (error) {
    await release();
    await file.close();
    throw writeRefusal(error, path);
  }
  let waiting: Buffer[] = [];
  let flushed = 0;
  let refused: unknown;
  const isTold = toldCourses(file);
  const flush = async (): Promise<void> => {
    let rest: Buffer = Buffer.concat(waiting);
    waiting = [];
    refused = undefined;
    try {
      while (rest.length > 0) {
        const { bytesWritten } = await file.write(rest);
        rest = rest.subarray(bytesWritten);
      }
    } catch (error) {
      // What was written stays written: the next attempt goes on in the middle of the line.
      waiting = [rest];
      refused = error;
      if (rest.length > mostWaiting) throw writeRefusal(error, path);
    }
  };
  return {
    async append(event) {
      if (event.type === "training-history" && (await isTold(event))) return;
      const time = now();
      waiting.push(
        Buffer.from(`${JSON.stringify({ at: time.toISOString(), run, ...event })}\n`, "utf8"),
      );
      if (event.type !== "step" || time.getTime() - flushed >= 1000) {
        flushed = time.getTime();
        await flush();
      }
    },
    async close() {
      try {
        await flush();
      } finally {
        await file.close();
        await release();
      }
      if (refused !== undefined) throw writeRefusal(refused, path);
    },
  };
}

/** Cuts a file after its last line end. */
async function cutUnfinishedLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  const block = Buffer.alloc(64 * 1024);
  let end = size;
  while (end > 0) {
    const start = Math.max(0, end - block.length);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    const last = block.subarray(0, bytesRead).lastIndexOf(10);
    if (last >= 0) {
      end = start + last + 1;
      break;
    }
    end = start;
  }
  if (end < size) await file.truncate(end);
}

async function openForAppending(path: string): Promise<FileHandle> {
  const folder = dirname(path);
  try {
    await mkdir(folder, { recursive: true });
    return await open(path, "a+");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const what =
      code === "EEXIST" || code === "ENOTDIR"
        ? "is not a folder, or lies below a file."
        : `results cannot be written here (${code || String(cause)}).`;
    throw new CounterweightError("usage", what, {
      where: folder,
      fix: "Give a folder that can be written with --out.",
      cause,
    });
  }
}
