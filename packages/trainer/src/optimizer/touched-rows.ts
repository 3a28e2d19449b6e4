import type { SparseStorage } from "./storage.js";

/** The rows that ever had a gradient, ascending. */
export function listTouched({ touched }: SparseStorage): Int32Array<ArrayBuffer> {
  const rows: number[] = [];
  touched.view.forEach((mark, row) => {
    if (mark === 0) rows.push(row);
  });
  return Int32Array.from(rows);
}

/** Makes `rows` the rows that ever had a gradient; the moments of those that were become zero. */
export function replaceTouched(storage: SparseStorage, rows: Int32Array): void {
  const { touched, width, firstMoment, secondMoment } = storage;
  for (const row of listTouched(storage)) {
    firstMoment.view.fill(0, row * width, (row + 1) * width);
    secondMoment.view.fill(0, row * width, (row + 1) * width);
  }
  touched.view.fill(-1);
  for (const row of rows) touched.view[row] = 0;
}
