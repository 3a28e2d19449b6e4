import { at } from "@counterweight/base";

/** A matrix as int8 with one scale a row: `value = scale * integer`. */
export interface QuantisedRows {
  /** Row-major, `[rows, columns]`. */
  readonly integers: Int8Array;
  /** Float32 `[rows]`; 1 for a row of zeros. */
  readonly scales: Float32Array;
}

/**
 * Symmetric rounding of each row to whole numbers in [-limit, limit]:
 * `scale = max |value| / limit`, `integer = round(value / scale)`; the error of a value is at most
 * half its row's scale.
 */
export function quantiseRows(
  values: Float32Array,
  rows: number,
  columns: number,
  limit: number,
): QuantisedRows {
  const integers = new Int8Array(rows * columns);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const from = row * columns;
    let largest = 0;
    for (let cell = from; cell < from + columns; cell++) {
      largest = Math.max(largest, Math.abs(at(values, cell)));
    }
    scales[row] = largest === 0 ? 1 : largest / limit;
    const scale = at(scales, row);
    for (let cell = from; cell < from + columns; cell++) {
      const nearest = Math.round(at(values, cell) / scale);
      // The scale is rounded to float32: without the bounds a value could land one beyond.
      integers[cell] = Math.max(-limit, Math.min(limit, nearest));
    }
  }
  return { integers, scales };
}

/** `[rows, columns]` as `[columns, rows]`, in blocks that stay in the processor's cache. */
export function transposed<T extends Float32Array | Int8Array>(
  values: T,
  rows: number,
  columns: number,
  target: T,
): T {
  const block = 32;
  for (let top = 0; top < rows; top += block) {
    for (let left = 0; left < columns; left += block) {
      for (let row = top; row < Math.min(rows, top + block); row++) {
        for (let column = left; column < Math.min(columns, left + block); column++) {
          target[column * rows + row] = values[row * columns + column] ?? 0;
        }
      }
    }
  }
  return target;
}
