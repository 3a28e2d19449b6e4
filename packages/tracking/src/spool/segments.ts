import { type FileHandle, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { parsePiece, type SpoolRecord } from "./record-line.js";

/** A file of records. Its name is the sequence number of its first one. */
export interface Segment {
  readonly path: string;
  readonly first: number;
}

const segmentName = /^(\d{12})\.log$/;

export const segmentPath = (folder: string, first: number): string =>
  join(folder, `${String(first).padStart(12, "0")}.log`);

/** Segments of a spool, oldest first; none where the folder is not there. */
export async function listSegments(folder: string): Promise<Segment[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .flatMap((name) => {
      const first = segmentName.exec(name)?.[1];
      return first === undefined ? [] : [{ path: join(folder, name), first: Number(first) }];
    })
    .sort((a, b) => a.first - b.first);
}

/** Records of a spool that cannot be read. */
export interface Damage {
  /** Sequence numbers, both included. */
  readonly from: number;
  readonly to: number;
  /** Segment in which they are, or after which they should be. */
  readonly path: string;
}

/** Where reading goes on. */
export interface Cursor {
  readonly path: string | undefined;
  readonly offset: number;
  /** Sequence number of the next record. */
  readonly next: number;
}

export interface ReadResult {
  readonly records: readonly SpoolRecord[];
  readonly damaged: readonly Damage[];
  readonly cursor: Cursor;
  /** Nothing is left behind the cursor. */
  readonly end: boolean;
}

const pieceBytes = 256 * 1024;

/**
 * Reads one piece of at most 256 KiB, or one record where that is longer, from a cursor on. Damaged
 * records are passed over and named.
 * @param segments all there are.
 * @param limit of the last segment only so many bytes count: the rest is being written.
 * @param whole nobody writes: a torn end of the last segment is a damaged record.
 */
export async function readPiece(
  segments: readonly Segment[],
  cursor: Cursor,
  { limit, whole }: { readonly limit?: number; readonly whole: boolean },
): Promise<ReadResult> {
  const index = Math.max(
    segments.findIndex(({ path }) => path === cursor.path),
    // A segment that is gone was acknowledged, by another process perhaps: go on behind it.
    segments.findLastIndex(({ first }) => first <= cursor.next),
    0,
  );
  const segment = segments[index];
  if (segment === undefined) return { records: [], damaged: [], cursor, end: true };
  const isLast = index === segments.length - 1;
  const damaged: Damage[] = [];
  let { next } = cursor;
  const pass = (sequence: number): void => {
    if (sequence > next) damaged.push({ from: next, to: sequence - 1, path: segment.path });
    next = Math.max(next, sequence);
  };
  pass(segment.first);
  const offset = segment.path === cursor.path ? cursor.offset : 0;
  const most = isLast ? (limit ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
  const { bytes, atEnd } = await readFrom(segment.path, offset, most);
  const complete = atEnd && (!isLast || whole);
  const { records, tailDamaged, consumed } = parsePiece(bytes, complete);
  const fresh = records.filter(({ sequence }) => {
    if (sequence < next) return false;
    pass(sequence);
    next = sequence + 1;
    return true;
  });
  const done = atEnd && (complete || consumed === bytes.length);
  const following = segments[index + 1];
  if (!done || following === undefined) {
    if (tailDamaged && done && whole) pass(next + 1);
    const here = { path: segment.path, offset: offset + consumed, next };
    return { records: fresh, damaged, cursor: here, end: atEnd && following === undefined };
  }
  pass(following.first);
  const there = { path: following.path, offset: 0, next };
  return { records: fresh, damaged, cursor: there, end: false };
}

async function readFrom(
  path: string,
  offset: number,
  most: number,
): Promise<{ bytes: Buffer; atEnd: boolean }> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch {
    // Not readable, or taken away in between: its records are missing, which the numbers show.
    return { bytes: Buffer.alloc(0), atEnd: true };
  }
  try {
    const size = Math.min((await file.stat()).size, most);
    let length = pieceBytes;
    for (;;) {
      const wanted = Math.max(0, Math.min(length, size - offset));
      const buffer = Buffer.alloc(wanted);
      const { bytesRead } = await file.read(buffer, 0, wanted, offset);
      const bytes = buffer.subarray(0, bytesRead);
      const atEnd = offset + bytesRead >= size || bytesRead < wanted;
      // A piece without a line end is part of one long record.
      if (atEnd || bytes.indexOf(10, 1) >= 0) return { bytes, atEnd };
      length *= 2;
    }
  } finally {
    await file.close();
  }
}
