import { at } from "@counterweight/base";

/** A binary heap: `pop` gives the least, by `before`; both cost O(log n). */
export interface Heap<T> {
  readonly size: () => number;
  readonly push: (value: T) => void;
  /** Undefined where it is empty. */
  readonly pop: () => T | undefined;
}

/** An empty heap. `before(a, b)`: whether `a` comes out before `b`; a strict order. */
export function createHeap<T extends number | object>(
  before: (left: T, right: T) => boolean,
): Heap<T> {
  const values: T[] = [];
  return {
    size: () => values.length,
    push: (value) => {
      // It rises: what comes after it moves down in its place.
      let place = values.length;
      while (place > 0) {
        const parent = (place - 1) >> 1;
        const above = at(values, parent);
        if (!before(value, above)) break;
        values[place] = above;
        place = parent;
      }
      values[place] = value;
    },
    pop: () => {
      const least = values[0];
      const last = values.pop();
      if (last === undefined || values.length === 0) return least;
      // The last one sinks from the top: what comes before it moves up in its place.
      let place = 0;
      for (let child = 1; child < values.length; child = 2 * place + 1) {
        const right = child + 1;
        if (right < values.length && before(at(values, right), at(values, child))) child = right;
        const below = at(values, child);
        if (!before(below, last)) break;
        values[place] = below;
        place = child;
      }
      values[place] = last;
      return least;
    },
  };
}
