import { at } from "@counterweight/base";
import type { SparseStorage } from "./storage.js";

/** Notes that `row` has had a gradient: its moments may differ from zero from now on. */
export function touch(storage: SparseStorage, row: number): void {
  const { touched, touchedRows } = storage;
  if (touched.flags[row] === 1) return;
  touched.flags[row] = 1;
  touchedRows.view[touched.count] = row;
  touched.count += 1;
}

/** Notes that every row has had a gradient. */
export function touchAll(storage: SparseStorage): void {
  if (storage.touched.count === storage.rows) return;
  for (let row = 0; row < storage.rows; row++) touch(storage, row);
}

/** The rows that ever had a gradient, ascending. */
export function listTouched(storage: SparseStorage): Int32Array<ArrayBuffer> {
  return storage.touchedRows.view.slice(0, storage.touched.count).sort();
}

/** Sets the moments of all touched rows to zero and the set to empty. */
export function forgetTouched(storage: SparseStorage): void {
  const { width, touched, touchedRows } = storage;
  for (let index = 0; index < touched.count; index++) {
    const row = at(touchedRows.view, index);
    storage.firstMoment.view.fill(0, row * width, (row + 1) * width);
    storage.secondMoment.view.fill(0, row * width, (row + 1) * width);
    touched.flags[row] = 0;
  }
  touched.count = 0;
}
