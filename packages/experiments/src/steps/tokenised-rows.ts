import { at, CounterweightError } from "@counterweight/base";
import type { TokenisedRows } from "../run/backend.js";

/** Some rows, in the order given. */
export function selectTokens(
  { offsets, tokenIds, typeIds }: TokenisedRows,
  rows: readonly number[],
): TokenisedRows {
  const chosen = new Int32Array(rows.length + 1);
  rows.forEach((row, index) => {
    chosen[index + 1] = at(chosen, index) + at(offsets, row + 1) - at(offsets, row);
  });
  const total = at(chosen, rows.length);
  const ids = new Int32Array(total);
  const types = new Uint8Array(total);
  rows.forEach((row, index) => {
    const [start, end] = [at(offsets, row), at(offsets, row + 1)];
    ids.set(tokenIds.subarray(start, end), at(chosen, index));
    types.set(typeIds.subarray(start, end), at(chosen, index));
  });
  return { offsets: chosen, tokenIds: ids, typeIds: types };
}

/** Rows of one, then rows of the other. */
export function joinTokens(first: TokenisedRows, second: TokenisedRows): TokenisedRows {
  const start = first.tokenIds.length;
  const offsets = new Int32Array(first.offsets.length + second.offsets.length - 1);
  offsets.set(first.offsets);
  second.offsets.forEach((offset, row) => {
    if (row > 0) offsets[first.offsets.length + row - 1] = start + offset;
  });
  const tokenIds = new Int32Array(start + second.tokenIds.length);
  tokenIds.set(first.tokenIds);
  tokenIds.set(second.tokenIds, start);
  const typeIds = new Uint8Array(tokenIds.length);
  typeIds.set(first.typeIds);
  typeIds.set(second.typeIds, start);
  return { offsets, tokenIds, typeIds };
}

/** Files of a tokenise step: 32-bit little-endian integers, and bytes. */
export const tokenFiles = {
  offsets: "offsets.i32",
  tokenIds: "token-ids.i32",
  typeIds: "segments.u8",
} as const;

/** @param bytes content of each file */
export function tokensFromFiles(bytes: {
  readonly offsets: Uint8Array;
  readonly tokenIds: Uint8Array;
  readonly typeIds: Uint8Array;
}): TokenisedRows {
  const offsets = integersOf(bytes.offsets);
  const tokenIds = integersOf(bytes.tokenIds);
  if (offsets.length === 0 || at(offsets, offsets.length - 1) !== tokenIds.length) {
    throw new CounterweightError("internal", "a tokenised file does not fit its offsets");
  }
  return { offsets, tokenIds, typeIds: Uint8Array.from(bytes.typeIds) };
}

/** Little-endian, as every platform of ONNX Runtime has it. */
function integersOf(bytes: Uint8Array): Int32Array {
  const copy = new Uint8Array(bytes);
  return new Int32Array(copy.buffer, 0, copy.length >> 2);
}
