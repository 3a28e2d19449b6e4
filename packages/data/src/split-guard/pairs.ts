import { mix } from "./mixing.js";

/** Columns of pairs with their similarity, `[pairs]` each. */
export interface Pairs {
  readonly left: Uint32Array;
  readonly right: Uint32Array;
  readonly similarity: Float64Array;
}

/** Collects pairs in typed arrays that double when full. */
export function growingPairs(): {
  push(left: number, right: number, similarity: number): void;
  take(): Pairs;
} {
  let capacity = 1024;
  let length = 0;
  let left = new Uint32Array(capacity);
  let right = new Uint32Array(capacity);
  let similarities = new Float64Array(capacity);
  return {
    push(one, other, similarity) {
      if (length === capacity) {
        capacity *= 2;
        const [oldLeft, oldRight, oldSimilarities] = [left, right, similarities];
        left = new Uint32Array(capacity);
        right = new Uint32Array(capacity);
        similarities = new Float64Array(capacity);
        left.set(oldLeft);
        right.set(oldRight);
        similarities.set(oldSimilarities);
      }
      left[length] = one;
      right[length] = other;
      similarities[length++] = similarity;
    },
    take: () => ({
      left: left.slice(0, length),
      right: right.slice(0, length),
      similarity: similarities.slice(0, length),
    }),
  };
}

/** A set of pairs of 32-bit numbers: open addressing, 16 to 32 bytes a pair. */
export interface PairSet {
  has(left: number, right: number): boolean;
  /** Adds a pair that the set lacks. */
  add(left: number, right: number): void;
}

/** An empty set of pairs. */
export function createPairSet(): PairSet {
  let capacity = 1024;
  let size = 0;
  /** 1 + the left number, 0 where free. */
  let lefts = new Uint32Array(capacity);
  let rights = new Uint32Array(capacity);
  const place = (left: number, right: number): number => {
    let slot = mix(left ^ mix(right)) & (capacity - 1);
    for (;;) {
      const taken = lefts[slot] ?? 0;
      if (taken === 0 || (taken === left + 1 && rights[slot] === right)) return slot;
      slot = (slot + 1) & (capacity - 1);
    }
  };
  const put = (left: number, right: number): void => {
    const slot = place(left, right);
    lefts[slot] = left + 1;
    rights[slot] = right;
  };
  return {
    has: (left, right) => lefts[place(left, right)] !== 0,
    add(left, right) {
      if (size * 2 >= capacity) {
        const [oldLefts, oldRights] = [lefts, rights];
        capacity *= 2;
        lefts = new Uint32Array(capacity);
        rights = new Uint32Array(capacity);
        oldLefts.forEach((taken, slot) => {
          if (taken !== 0) put(taken - 1, oldRights[slot] ?? 0);
        });
      }
      put(left, right);
      size++;
    },
  };
}
