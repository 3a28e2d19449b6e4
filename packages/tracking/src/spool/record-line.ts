import { crc32 } from "node:zlib";

/** A record as it stands in a segment. */
export interface SpoolRecord {
  /** Counts records of a spool from 1, without gaps. */
  readonly sequence: number;
  /** What was appended, as JSON gives it back. */
  readonly value: unknown;
}

const line = /^([0-9a-f]{8}) ((\d{1,15}) (.+))$/s;

const checksum = (body: string): string => crc32(body).toString(16).padStart(8, "0");

/**
 * A record as bytes: `<CRC-32> <sequence> <JSON>` between two line ends. The line end in front looks
 * wasted, and is what keeps one flipped or torn byte from harming two records.
 */
export function encodeRecord(sequence: number, value: unknown): Buffer {
  const body = `${sequence} ${JSON.stringify(value)}`;
  return Buffer.from(`\n${checksum(body)} ${body}\n`, "utf8");
}

/** A record of one line without its line ends; undefined where the line is damaged. */
export function decodeRecord(text: string): SpoolRecord | undefined {
  const [, sum, body, sequence] = line.exec(text) ?? [];
  if (body === undefined || checksum(body) !== sum) return undefined;
  try {
    const value: unknown = JSON.parse(body.slice(body.indexOf(" ") + 1));
    return { sequence: Number(sequence), value };
  } catch {
    return undefined;
  }
}

/** What a piece of a segment holds. */
export interface ParsedPiece {
  readonly records: readonly SpoolRecord[];
  /** Whether after the last record there are bytes that are none. */
  readonly tailDamaged: boolean;
  /** Bytes up to the last line end: what comes after may not be whole yet. */
  readonly consumed: number;
}

/**
 * Reads the records of a piece that begins between two records. Damaged lines are left out: the
 * sequence numbers around them tell how many they were.
 * @param whole nothing will follow, so that a last line without its end counts too.
 */
export function parsePiece(bytes: Buffer, whole: boolean): ParsedPiece {
  const records: SpoolRecord[] = [];
  let tailDamaged = false;
  let start = 0;
  while (start < bytes.length) {
    const found = bytes.indexOf(10, start);
    if (found < 0 && !whole) break;
    const end = found < 0 ? bytes.length : found;
    if (end > start) {
      const record = decodeRecord(bytes.toString("utf8", start, end));
      if (record !== undefined) records.push(record);
      tailDamaged = record === undefined;
    }
    start = end + 1;
  }
  return { records, tailDamaged, consumed: Math.min(start, bytes.length) };
}
