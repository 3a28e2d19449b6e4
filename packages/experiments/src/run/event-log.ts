import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { CounterweightError } from "@counterweight/base";
import type { RunEvent } from "./events.js";

/** Appends events to a file, one JSON line each. */
export interface EventLog {
  append(event: RunEvent): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens `events.jsonl` for appending: every run of a folder adds to it, each line with its time
 * (ISO 8601, UTC) and the id of its run. A line that a kill left unfinished is closed first, so that
 * it spoils no other. Lines go out in whole writes, at least once a second.
 * @throws CounterweightError `usage` when the folder cannot be made or written.
 */
export async function openEventLog(
  path: string,
  { now, run }: { readonly now: () => Date; readonly run: string },
): Promise<EventLog> {
  const file = await openForAppending(path);
  const { size } = await file.stat();
  if (size > 0) {
    const last = Buffer.alloc(1);
    await file.read(last, 0, 1, size - 1);
    if (last.toString() !== "\n") await file.appendFile("\n");
  }
  let waiting = "";
  let flushed = 0;
  const flush = async (): Promise<void> => {
    const lines = waiting;
    waiting = "";
    if (lines !== "") await file.appendFile(lines);
  };
  return {
    async append(event) {
      const time = now();
      waiting += `${JSON.stringify({ at: time.toISOString(), run, ...event })}\n`;
      if (event.type !== "step" || time.getTime() - flushed >= 1000) {
        flushed = time.getTime();
        await flush();
      }
    },
    async close() {
      await flush();
      await file.close();
    },
  };
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
