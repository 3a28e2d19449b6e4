import { at } from "@counterweight/base";

/** A binary heap: `pop` gives the least, by `before`; both cost O(log n). */
export interface Heap<T> {
  readonly size: () => number;
  readonly push: (value: T) => void;
  /** Undefined where it is empty. */
  readonly pop: () => T | undefined;
}

/** An empty heap. `before(a, b)`: whether `a` comes out before `b`; a strict order. */
export function createHeap<T>(before: (left: T, right: T) => boolean): Heap<T> {
  // Wrapped, so that `at` tells a value from a hole for any T.
  const values: { readonly value: T }[] = [];
  const isBefore = (left: number, right: number) =>
    before(at(values, left).value, at(values, right).value);
  const swap = (left: number, right: number) => {
    const kept = at(values, left);
    values[left] = at(values, right);
    values[right] = kept;
  };
  return {
    size: () => values.length,
    push: (value) => {
      values.push({ value });
      for (let child = values.length - 1; child > 0; ) {
        const parent = (child - 1) >> 1;
        if (!isBefore(child, parent)) break;
        swap(child, parent);
        child = parent;
      }
    },
    pop: () => {
      if (values.length === 0) return undefined;
      swap(0, values.length - 1);
      const least = values.pop();
      for (let parent = 0; ; ) {
        let smallest = parent;
        for (const child of [2 * parent + 1, 2 * parent + 2]) {
          if (child < values.length && isBefore(child, smallest)) smallest = child;
        }
        if (smallest === parent) break;
        swap(parent, smallest);
        parent = smallest;
      }
      return least?.value;
    },
  };
}
