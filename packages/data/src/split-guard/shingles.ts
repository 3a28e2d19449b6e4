import { combine, mix } from "./mixing.js";
import type { CodeBuffer } from "./normalise.js";

/** Code points of a shingle. */
export const shingleLength = 5;

/** Shingles of a text of that many code points, repeats counted; 0 when it is too short for one. */
export function shinglesIn(length: number): number {
  return Math.max(0, length - shingleLength + 1);
}

/** 32-bit hashes of shingles, repeats included: `values[0 .. length)`. Reused from text to text. */
export interface ShingleHashes {
  values: Uint32Array;
  length: number;
}

/** Hashes every shingle of a text, in order. */
export function hashShingles(text: CodeBuffer, target: ShingleHashes): void {
  const count = shinglesIn(text.length);
  if (count > target.values.length) target.values = new Uint32Array(count * 2);
  target.length = count;
  const { codes } = text;
  for (let start = 0; start < count; start++) {
    let hash = 0;
    for (let offset = 0; offset < shingleLength; offset++) {
      hash = combine(hash, codes[start + offset] ?? 0);
    }
    target.values[start] = mix(hash);
  }
}

function sameShingle(left: Uint32Array, at: number, right: Uint32Array, there: number): boolean {
  for (let offset = 0; offset < shingleLength; offset++) {
    if (left[at + offset] !== right[there + offset]) return false;
  }
  return true;
}

/** Distinct shingles of one text, found again by content; hashes only say where to look. */
interface ShingleSet {
  /** 1 + start of a shingle in the text, 0 where free. */
  slots: Int32Array;
  mask: number;
  distinct: number;
}

function fillSet(set: ShingleSet, text: CodeBuffer, hashes: ShingleHashes): void {
  let capacity = 64;
  while (capacity < hashes.length * 2) capacity *= 2;
  if (capacity > set.slots.length) set.slots = new Int32Array(capacity);
  else set.slots.fill(0, 0, capacity);
  set.mask = capacity - 1;
  set.distinct = 0;
  for (let start = 0; start < hashes.length; start++) {
    let slot = (hashes.values[start] ?? 0) & set.mask;
    for (;;) {
      const taken = set.slots[slot] ?? 0;
      if (taken === 0) {
        set.slots[slot] = start + 1;
        set.distinct++;
        break;
      }
      if (sameShingle(text.codes, taken - 1, text.codes, start)) break;
      slot = (slot + 1) & set.mask;
    }
  }
}

/**
 * Exact Jaccard similarity of texts: distinct shingles in both over distinct shingles in either,
 * |A and B| / |A or B|. Shingles are compared by their code points, not by hashes.
 */
export interface SimilarityMeter {
  /** Takes the first text; it is copied, so `right` may be called for many others. */
  left(text: CodeBuffer): void;
  /** Similarity of the text taken last by `left` and this one; 0 where neither has a shingle. */
  right(text: CodeBuffer): number;
}

/** A meter with its own scratch memory, as large as the longest text. */
export function createSimilarityMeter(): SimilarityMeter {
  const first: CodeBuffer = { codes: new Uint32Array(1024), length: 0 };
  const hashes: ShingleHashes = { values: new Uint32Array(1024), length: 0 };
  const firstSet: ShingleSet = { slots: new Int32Array(64), mask: 63, distinct: 0 };
  const secondSet: ShingleSet = { slots: new Int32Array(64), mask: 63, distinct: 0 };
  return {
    left(text) {
      if (text.length > first.codes.length) first.codes = new Uint32Array(text.length * 2);
      first.codes.set(text.codes.subarray(0, text.length));
      first.length = text.length;
      hashShingles(first, hashes);
      fillSet(firstSet, first, hashes);
    },
    right(text) {
      hashShingles(text, hashes);
      fillSet(secondSet, text, hashes);
      let shared = 0;
      // Only the first of equal shingles owns a slot: walking the slots counts each once.
      for (let slot = 0; slot <= secondSet.mask; slot++) {
        const start = (secondSet.slots[slot] ?? 0) - 1;
        if (start < 0) continue;
        let other = (hashes.values[start] ?? 0) & firstSet.mask;
        for (;;) {
          const taken = firstSet.slots[other] ?? 0;
          if (taken === 0) break;
          if (sameShingle(first.codes, taken - 1, text.codes, start)) {
            shared++;
            break;
          }
          other = (other + 1) & firstSet.mask;
        }
      }
      const either = firstSet.distinct + secondSet.distinct - shared;
      return either === 0 ? 0 : shared / either;
    },
  };
}
