import { createHash } from "node:crypto";

/** Words that name a stream: the same words give the same numbers on every machine. */
export type StreamKey = readonly (string | number)[];

/** A seeded stream of pseudo-random numbers (xoshiro128**). */
export interface Random {
  /** Uniform over 0 .. 2^32 - 1. */
  uint32(): number;
  /** Uniform over [0, 1), 53 bits. */
  float(): number;
  /** Uniform over 0 .. limit - 1, without modulo bias. */
  integer(limit: number): number;
  /** Standard normal, by Box and Muller. */
  normal(): number;
  /** A shuffled copy (Fisher and Yates). */
  shuffled<T>(values: readonly T[]): T[];
}

const rotateLeft = (value: number, bits: number): number =>
  ((value << bits) | (value >>> (32 - bits))) >>> 0;

/**
 * A stream keyed by words, such as `randomStream("split", seed, "train")`.
 * Streams with different keys are independent, so adding one never shifts another.
 * The state is the first 16 bytes of SHA-256 over the key as JSON.
 * @throws RangeError for a NaN or infinite number in the key, which JSON cannot tell apart.
 */
export function randomStream(...key: StreamKey): Random {
  for (const part of key) {
    if (typeof part === "number" && !Number.isFinite(part)) {
      throw new RangeError(`randomStream: needed finite numbers in the key, got ${part}`);
    }
  }
  const digest = createHash("sha256").update(JSON.stringify(key)).digest();
  let a = digest.readUInt32LE(0);
  let b = digest.readUInt32LE(4);
  let c = digest.readUInt32LE(8);
  let d = digest.readUInt32LE(12);

  const uint32 = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5) >>> 0, 7), 9) >>> 0;
    const shifted = (b << 9) >>> 0;
    c = (c ^ a) >>> 0;
    d = (d ^ b) >>> 0;
    b = (b ^ c) >>> 0;
    a = (a ^ d) >>> 0;
    c = (c ^ shifted) >>> 0;
    d = rotateLeft(d, 11);
    return result;
  };
  const float = (): number => ((uint32() >>> 5) * 67108864 + (uint32() >>> 6)) / 2 ** 53;
  const integer = (limit: number): number => {
    if (!Number.isInteger(limit) || limit < 1 || limit > 2 ** 32) {
      throw new RangeError(`integer: needed a limit from 1 to 2^32, got ${limit}`);
    }
    const bound = 2 ** 32 - (2 ** 32 % limit);
    let value = uint32();
    while (value >= bound) value = uint32();
    return value % limit;
  };
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - float())) * Math.cos(2 * Math.PI * float());
  const shuffled = <T>(values: readonly T[]): T[] => {
    const result = [...values];
    for (let last = result.length - 1; last > 0; last--) {
      const other = integer(last + 1);
      // Both are in bounds; T itself may hold undefined, which an index check would refuse.
      const kept = result[last] as T;
      result[last] = result[other] as T;
      result[other] = kept;
    }
    return result;
  };
  return { uint32, float, integer, normal, shuffled };
}
