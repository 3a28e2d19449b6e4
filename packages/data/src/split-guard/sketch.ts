import { randomStream } from "@counterweight/base";
import { combine, mix } from "./mixing.js";
import type { ShingleHashes } from "./shingles.js";

/** Entries of a sketch. A power of two: the top bits of a hash are its entry. */
export const sketchSize = 128;
const entryBits = 7;
const valueMask = 2 ** (32 - entryBits) - 1;

/** Writes the sketch of a set of shingles, `[sketchSize]`. Repeats in the set change nothing. */
export type Sketcher = (shingles: ShingleHashes, target: Uint32Array) => void;

/**
 * MinHash by "fast similarity sketching" (Dahlgaard, Knudsen and Thorup 2017, algorithm 1): each
 * entry of two sketches agrees with probability equal to the Jaccard similarity of the sets, as in
 * plain MinHash, but n shingles cost O(n + size log size) hashes and not n * size.
 *
 * Round by round every shingle draws an entry and a value; an entry keeps the least value of the
 * first round that reached it. After `sketchSize` rounds, which only sets of a few shingles need,
 * round `sketchSize + e` fills entry e.
 */
export function createSketcher(seed: number): Sketcher {
  const random = randomStream("split-guard", seed);
  const seeds = Uint32Array.from({ length: 2 * sketchSize }, random.uint32);
  const filledIn = new Uint16Array(sketchSize);
  const unfilled = 0xffff;
  return (shingles, target) => {
    filledIn.fill(unfilled);
    if (shingles.length === 0) {
      target.fill(0);
      return;
    }
    let filled = 0;
    for (let round = 0; filled < sketchSize; round++) {
      const roundSeed = seeds[round] ?? 0;
      for (let index = 0; index < shingles.length; index++) {
        const hash = mix((shingles.values[index] ?? 0) ^ roundSeed);
        const entry = round < sketchSize ? hash >>> (32 - entryBits) : round - sketchSize;
        const value = hash & valueMask;
        const since = filledIn[entry] ?? 0;
        if (since === unfilled) {
          filledIn[entry] = round;
          target[entry] = value;
          filled++;
        } else if (since === round && value < (target[entry] ?? 0)) target[entry] = value;
      }
    }
  };
}

/** How a sketch is cut for locality-sensitive hashing: `bands` of `rows` entries each. */
export interface BandPlan {
  readonly bands: number;
  readonly rows: number;
}

/** Chance that two texts of similarity s agree in at least one whole band: 1 - (1 - s^rows)^bands. */
export function bandRecall({ bands, rows }: BandPlan, similarity: number): number {
  return 1 - (1 - similarity ** rows) ** bands;
}

/** The widest bands (fewest chance meetings) that still find a pair at the threshold in 99.5 %. */
export function planBands(threshold: number): BandPlan {
  let plan: BandPlan = { bands: sketchSize, rows: 1 };
  for (let rows = 2; rows <= 16; rows++) {
    const next = { bands: Math.floor(sketchSize / rows), rows };
    if (bandRecall(next, threshold) >= 0.995) plan = next;
  }
  return plan;
}

/** Hash of one band of a sketch. */
export function bandHash(sketch: Uint32Array, band: number, rows: number): number {
  let hash = 0;
  for (let entry = band * rows; entry < (band + 1) * rows; entry++) {
    hash = combine(hash, sketch[entry] ?? 0);
  }
  return mix(hash);
}
