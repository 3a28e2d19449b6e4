import { type DistinctTexts, roleCount } from "./distinct-texts.js";
import { codeBuffer } from "./normalise.js";
import { createPairSet, growingPairs, type Pairs } from "./pairs.js";
import { radixSort } from "./radix-sort.js";
import { createSimilarityMeter, hashShingles, type ShingleHashes } from "./shingles.js";
import { bandHash, createSketcher, planBands, sketchSize } from "./sketch.js";

/** Limits that keep the time linear where many texts resemble each other. */
export const nearLimits = {
  /** Within a bucket of at most so many texts every pair is looked at. */
  wholeBucket: 12,
  /** In a larger one each text meets so many representatives of each role ... */
  representatives: 8,
  /** ... and so many neighbours in the order of the next band. */
  neighbours: 4,
  /** A text with so many near texts in a role is not compared with more of that role. */
  partners: 4,
  /** Failed exact comparisons that a text is allowed with texts of its own role, and of others. */
  failuresWithin: 16,
  failuresAcross: 64,
} as const;

/** Near-duplicate groups found. */
export interface NearPairs {
  /** Groups `left < right` and their exact Jaccard similarity. */
  readonly pairs: Pairs;
  /** False where a limit left out comparisons: there may be more pairs. */
  readonly complete: boolean;
}

/**
 * Least number of equal sketch entries (one byte of each is kept, so 1 in 256 agrees by chance) at
 * which a pair is compared exactly: 3.3 standard errors below what the threshold leads to expect,
 * so that 1 pair in 2,000 at the threshold is passed over.
 */
function leastEqualEntries(threshold: number): number {
  const error = Math.sqrt((threshold * (1 - threshold)) / sketchSize);
  const least = threshold - 3.3 * error;
  return Math.ceil(sketchSize * (least + (1 - least) / 256));
}

/**
 * Pairs of groups whose similarity reaches the threshold: candidates share a band of their MinHash
 * sketches, and are kept when the exact Jaccard similarity says so too. A pair at the threshold is
 * missed with a chance below 0.6 %, more where `nearLimits` cut in.
 */
export function findNearPairs(texts: DistinctTexts, threshold: number, seed: number): NearPairs {
  const plan = planBands(threshold);
  const { bands, short, shingled } = sketchAll(texts, plan, seed);
  const { groups, roleMask } = texts;
  const found = growingPairs();
  const compared = createPairSet();
  const partners = new Uint8Array(groups * roleCount);
  const failures = new Uint8Array(groups);
  const meter = createSimilarityMeter();
  const buffer = codeBuffer();
  const leastEqual = leastEqualEntries(threshold);
  let complete = true;
  let taken = -1;

  /** Whether a pair would tell anything new: a role in which one of the two still lacks partners. */
  function wanted(left: number, right: number): boolean {
    const leftMask = roleMask[left] ?? 0;
    const rightMask = roleMask[right] ?? 0;
    for (let role = 0; role < roleCount; role++) {
      const lacksRight = (partners[left * roleCount + role] ?? 0) < nearLimits.partners;
      if ((rightMask >>> role) & 1 && lacksRight) return true;
      const lacksLeft = (partners[right * roleCount + role] ?? 0) < nearLimits.partners;
      if ((leftMask >>> role) & 1 && lacksLeft) return true;
    }
    return false;
  }

  function addPartner(group: number, mask: number): void {
    for (let role = 0; role < roleCount; role++) {
      const cell = group * roleCount + role;
      if ((mask >>> role) & 1) partners[cell] = Math.min(255, (partners[cell] ?? 0) + 1);
    }
  }

  function compare(one: number, other: number): void {
    const left = Math.min(one, other);
    const right = Math.max(one, other);
    if (!wanted(left, right)) {
      if (complete) complete = compared.has(left, right);
      return;
    }
    if (equalBytes(short, left, right) < leastEqual || compared.has(left, right)) return;
    const leftMask = roleMask[left] ?? 0;
    const rightMask = roleMask[right] ?? 0;
    const joint = leftMask | rightMask;
    const across = (joint & (joint - 1)) !== 0;
    const limit = across ? nearLimits.failuresAcross : nearLimits.failuresWithin;
    if ((failures[one] ?? 0) >= limit) {
      complete = false;
      return;
    }
    compared.add(left, right);
    if (taken !== one) {
      texts.read(one, buffer);
      meter.left(buffer);
      taken = one;
    }
    texts.read(other, buffer);
    const similarity = meter.right(buffer);
    if (similarity < threshold) {
      failures[one] = Math.min(255, (failures[one] ?? 0) + 1);
      return;
    }
    found.push(left, right, similarity);
    addPartner(left, rightMask);
    addPartner(right, leftMask);
  }

  function examine(bucket: Uint32Array): void {
    if (bucket.length <= nearLimits.wholeBucket) {
      bucket.forEach((one, place) => {
        for (const other of bucket.subarray(place + 1)) compare(one, other);
      });
      return;
    }
    complete = false;
    const chosen = representatives(bucket, roleMask);
    bucket.forEach((one, place) => {
      for (const other of chosen) if (other !== one) compare(one, other);
      const last = place + 1 + nearLimits.neighbours;
      for (const other of bucket.subarray(place + 1, last)) compare(one, other);
    });
  }

  const order = new Uint32Array(shingled.length);
  const scratch = new Uint32Array(shingled.length);
  bands.forEach((keys, band) => {
    order.set(shingled);
    // Within a bucket, texts that also agree in the next band become neighbours.
    radixSort(order, bands[(band + 1) % plan.bands] ?? keys, scratch);
    radixSort(order, keys, scratch);
    let start = 0;
    for (let end = 1; end <= order.length; end++) {
      if (end < order.length && keys[order[end] ?? 0] === keys[order[start] ?? 0]) continue;
      if (end - start > 1) examine(order.subarray(start, end));
      start = end;
    }
  });
  return { pairs: found.take(), complete };
}

/** Sketches of one byte an entry, four entries in a word. */
const sketchWords = sketchSize / 4;

/** Equal bytes of two short sketches, four at a time. */
function equalBytes(short: Uint32Array, left: number, right: number): number {
  const here = left * sketchWords;
  const there = right * sketchWords;
  let counts = 0;
  for (let word = 0; word < sketchWords; word++) {
    const differing = (short[here + word] ?? 0) ^ (short[there + word] ?? 0);
    // The top bit of a byte of `zero` is set where that byte of `differing` is 0.
    const zero = ~(((differing & 0x7f7f7f7f) + 0x7f7f7f7f) | differing | 0x7f7f7f7f);
    counts += zero >>> 7;
  }
  // Four counters of at most 32, one in each byte.
  return (Math.imul(counts, 0x01010101) >>> 24) & 0xff;
}

/** The first few texts of each role in a bucket, each once. */
function representatives(bucket: Uint32Array, roleMask: Uint8Array): number[] {
  const counts = new Uint8Array(roleCount);
  const chosen: number[] = [];
  for (const group of bucket) {
    const mask = roleMask[group] ?? 0;
    let needed = false;
    for (let role = 0; role < roleCount; role++) {
      if (!((mask >>> role) & 1) || (counts[role] ?? 0) >= nearLimits.representatives) continue;
      counts[role] = (counts[role] ?? 0) + 1;
      needed = true;
    }
    if (needed) chosen.push(group);
  }
  return chosen;
}

/** Band hashes, one byte of each sketch entry, and the groups long enough for a shingle. */
function sketchAll(
  texts: DistinctTexts,
  plan: { readonly bands: number; readonly rows: number },
  seed: number,
): { bands: Uint32Array[]; short: Uint32Array; shingled: Uint32Array } {
  const { groups } = texts;
  const bands = Array.from({ length: plan.bands }, () => new Uint32Array(groups));
  const short = new Uint32Array(groups * sketchWords);
  const lowBytes = new Uint8Array(sketchSize);
  const words = new Uint32Array(lowBytes.buffer);
  const shingled = new Uint32Array(groups);
  const sketcher = createSketcher(seed);
  const sketch = new Uint32Array(sketchSize);
  const shingles: ShingleHashes = { values: new Uint32Array(1024), length: 0 };
  const buffer = codeBuffer();
  let count = 0;
  for (let group = 0; group < groups; group++) {
    texts.read(group, buffer);
    hashShingles(buffer, shingles);
    if (shingles.length === 0) continue;
    shingled[count++] = group;
    sketcher(shingles, sketch);
    lowBytes.set(sketch);
    short.set(words, group * sketchWords);
    bands.forEach((keys, band) => {
      keys[group] = bandHash(sketch, band, plan.rows);
    });
  }
  return { bands, short, shingled: shingled.slice(0, count) };
}
