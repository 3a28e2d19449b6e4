import { mkdir, rm } from "node:fs/promises";
import { removeUnfinished, writeRefusal } from "@counterweight/base";
import { type Position, readPosition, writePosition } from "./position.js";
import type { SpoolRecord } from "./record-line.js";
import { type Cursor, type Damage, listSegments, readPiece, type Segment } from "./segments.js";
import { openWriter, usualLimits, type WriterLimits } from "./writer.js";

/** What one call of `read` found. */
export interface SpoolRead {
  readonly records: readonly SpoolRecord[];
  readonly damaged: readonly Damage[];
  /** Sequence number up to which everything is read now, damaged records included. */
  readonly upTo: number;
}

/** An append-only log on disk whose front is taken off as it is delivered. */
export interface Spool {
  readonly folder: string;
  /**
   * Adds a record. Never throws and never waits: records are written together, within 200 ms. Where
   * the disk refuses they stay in memory, and beyond 16 MiB of them new ones are dropped.
   */
  append(value: unknown): void;
  /** Writes what was appended so far; resolves also where the disk refuses. */
  flush(): Promise<void>;
  /** The next records on disk that were not read yet. No records and the same `upTo`: that is all. */
  read(): Promise<SpoolRead>;
  /** Reading begins again after what is acknowledged, as another process may have left it. */
  rewind(): Promise<void>;
  /**
   * Notes on disk that everything up to `sequence` is done with, together with `state`.
   * @throws CounterweightError `usage` where the disk refuses.
   */
  acknowledge(sequence: number, state: unknown): Promise<void>;
  acknowledged(): number;
  /** What was last acknowledged with; undefined where nothing was, or the note was damaged. */
  state(): unknown;
  /** Records not acknowledged, damaged ones included. */
  waiting(): number;
  /** Bytes in memory that are not written yet. */
  unwritten(): number;
  /** Records that found no room while the disk refused. */
  dropped(): number;
  /** Writes the rest and ends. */
  close(): Promise<void>;
}

export interface SpoolOptions {
  /** Told once each time the disk begins to refuse. */
  readonly onRefusal?: (error: unknown) => void;
  readonly limits?: Partial<WriterLimits>;
}

/**
 * Opens the spool of a folder, which is made with mode 0700, its files with 0600. After a kill at any
 * moment all whole records are there; a torn or altered one is passed over, counted and named by
 * `read`, and every other record comes out. One process at a time may have it open.
 * @throws CounterweightError `usage` where the folder cannot be made.
 */
export async function openSpool(folder: string, options: SpoolOptions = {}): Promise<Spool> {
  const { onRefusal = () => undefined } = options;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await removeUnfinished(folder);
  } catch (error) {
    throw writeRefusal(error, folder);
  }
  let position: Position | undefined;
  let cursor: Cursor = { path: undefined, offset: 0, next: 1 };
  const rewind = async (): Promise<void> => {
    position = await readPosition(folder);
    const first = (await listSegments(folder))[0]?.first ?? 1;
    const next = position === undefined ? first : position.acknowledged + 1;
    cursor = { path: undefined, offset: 0, next };
  };
  await rewind();
  const writer = openWriter(folder, await endOf(folder, cursor), {
    limits: { ...usualLimits, ...options.limits },
    onRefusal,
  });

  const read = async (): Promise<SpoolRead> => {
    const segments = await listSegments(folder);
    const current = writer.current();
    const last = segments.at(-1);
    const growing = current !== undefined && current.path === last?.path;
    const limit = growing ? { limit: current.bytes } : {};
    const piece = await readPiece(segments, cursor, { whole: !growing, ...limit });
    const { records, damaged, cursor: next } = piece;
    const moved = next.path !== cursor.path || next.offset !== cursor.offset;
    cursor = next;
    // Only damage or blank bytes in this piece: what follows decides whether it was all.
    if (records.length === 0 && moved) {
      const rest = await read();
      return { ...rest, damaged: [...damaged, ...rest.damaged] };
    }
    return { records, damaged, upTo: next.next - 1 };
  };

  const remove = async (done: (segment: Segment, next: Segment | undefined) => boolean) => {
    const segments = await listSegments(folder);
    for (const [index, segment] of segments.entries()) {
      if (done(segment, segments[index + 1])) await rm(segment.path, { force: true });
    }
  };

  return {
    folder,
    append: writer.append,
    flush: writer.flush,
    read,
    rewind,
    async acknowledge(sequence, state) {
      await writePosition(folder, { acknowledged: sequence, state });
      position = { acknowledged: sequence, state };
      await remove((_, next) => next !== undefined && next.first <= sequence + 1);
    },
    acknowledged: () => position?.acknowledged ?? 0,
    state: () => position?.state,
    waiting: () => Math.max(0, writer.next() - 1 - (position?.acknowledged ?? 0)),
    unwritten: writer.unwritten,
    dropped: writer.dropped,
    async close() {
      await writer.close();
      const done = (position?.acknowledged ?? 0) >= writer.next() - 1;
      if (done) await remove(() => true);
    },
  };
}

/** Sequence number that comes after all that is in the folder. */
async function endOf(folder: string, start: Cursor): Promise<number> {
  const segments = await listSegments(folder);
  const last = segments.at(-1);
  let cursor: Cursor = { path: undefined, offset: 0, next: Math.max(start.next, last?.first ?? 1) };
  for (;;) {
    const piece = await readPiece(segments, cursor, { whole: true });
    cursor = piece.cursor;
    if (piece.end) return cursor.next;
  }
}
