import { type FileHandle, open } from "node:fs/promises";
import { encodeRecord } from "./record-line.js";
import { segmentPath } from "./segments.js";

/** Limits of the writer, for tests to change. */
export interface WriterLimits {
  /** Most time between an append and its write. */
  readonly delayMs: number;
  /** So many bytes are written at once, without waiting. */
  readonly writeBytes: number;
  /** A segment is closed once it is that long. */
  readonly segmentBytes: number;
  /** Most bytes kept in memory while the disk refuses. */
  readonly memoryBytes: number;
}

export const usualLimits: WriterLimits = {
  delayMs: 200,
  writeBytes: 64 * 1024,
  segmentBytes: 4 * 1024 * 1024,
  memoryBytes: 16 * 1024 * 1024,
};

/** Appends records to segments, in the background. */
export interface SpoolWriter {
  append(value: unknown): void;
  flush(): Promise<void>;
  close(): Promise<void>;
  /** Sequence number of the next record. */
  next(): number;
  dropped(): number;
  /** Bytes not on disk. */
  unwritten(): number;
  /** The segment being written, and how many of its bytes are on disk. */
  current(): { readonly path: string; readonly bytes: number } | undefined;
}

/**
 * @param first sequence number of the first record.
 * @param onRefusal called once each time the disk begins to refuse.
 */
export function openWriter(
  folder: string,
  first: number,
  { limits, onRefusal }: { limits: WriterLimits; onRefusal: (error: unknown) => void },
): SpoolWriter {
  let next = first;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let droppedRecords = 0;
  let refused = false;
  let segment: { file: FileHandle; path: string; bytes: number } | undefined;
  // Sequence number of the first record in `pending`: a new segment is named by it.
  let pendingFirst = first;
  let midRecord = false;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const begin = async (): Promise<{ file: FileHandle; path: string; bytes: number }> => {
    const path = segmentPath(folder, pendingFirst);
    // There may be an empty one: a kill came between its making and its first write.
    const file = await open(path, "a", 0o600);
    return { file, path, bytes: (await file.stat()).size };
  };

  const write = async (): Promise<void> => {
    if (pendingBytes === 0) return;
    let rest = Buffer.concat(pending);
    const upTo = next;
    pending = [];
    pendingBytes = 0;
    try {
      segment ??= await begin();
      while (rest.length > 0) {
        const { bytesWritten } = await segment.file.write(rest);
        segment.bytes += bytesWritten;
        rest = rest.subarray(bytesWritten);
        midRecord = rest.length > 0;
      }
      pendingFirst = upTo;
      refused = false;
      if (segment.bytes >= limits.segmentBytes && !midRecord) {
        await segment.file.close();
        segment = undefined;
      }
    } catch (error) {
      // What was written stays written: the next attempt goes on in the middle of the record.
      pending.unshift(rest);
      pendingBytes += rest.length;
      if (!refused) onRefusal(error);
      refused = true;
    }
  };

  const flush = (): Promise<void> => {
    if (timer !== undefined) clearTimeout(timer);
    timer = undefined;
    writing = writing.then(write);
    return writing;
  };

  return {
    append(value) {
      const bytes = encodeRecord(next, value);
      // Refused, or so slow that it comes to the same.
      if (pendingBytes + bytes.length > limits.memoryBytes) {
        droppedRecords++;
        return;
      }
      next++;
      pending.push(bytes);
      pendingBytes += bytes.length;
      if (!refused && pendingBytes >= limits.writeBytes) void flush();
      // Unreferenced: a process that has nothing else to do closes the spool itself.
      else timer ??= setTimeout(flush, refused ? 1000 : limits.delayMs).unref();
    },
    flush,
    async close() {
      await flush();
      await segment?.file.close().catch(() => undefined);
      segment = undefined;
    },
    next: () => next,
    dropped: () => droppedRecords,
    unwritten: () => pendingBytes,
    current: () =>
      segment === undefined ? undefined : { path: segment.path, bytes: segment.bytes },
  };
}
