import { at, randomStream } from "@counterweight/base";
import type { EncodedTexts } from "@counterweight/bert";

/** All rows in the order of an epoch: Fisher and Yates on the stream of (seed, epoch). */
function epochOrder(rows: number, seed: number, epoch: number): Int32Array<ArrayBuffer> {
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  const random = randomStream("batches", seed, epoch);
  for (let last = rows - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    const kept = at(order, last);
    order[last] = at(order, other);
    order[other] = kept;
  }
  return order;
}

/**
 * The batches of an epoch, one after another: all rows in a seeded order, cut every `batchSize`
 * rows, from batch `first` (0-based) on. The order depends on seed and epoch alone, so an epoch can
 * be taken up without the ones before it. Memory: 4 bytes a row and one batch.
 */
export function* epochBatches(
  rows: number,
  batchSize: number,
  seed: number,
  epoch: number,
  first = 0,
): Generator<number[], void> {
  const order = epochOrder(rows, seed, epoch);
  for (let start = first * batchSize; start < rows; start += batchSize) {
    yield Array.from(order.subarray(start, start + batchSize));
  }
}

/** The most tokens that a batch of `batchSize` of these rows can have. */
export function largestBatchTokens(encoded: EncodedTexts, batchSize: number): number {
  const lengths = encoded.offsets.subarray(1).map((end, row) => end - (encoded.offsets[row] ?? 0));
  return lengths
    .sort()
    .subarray(-batchSize)
    .reduce((total, length) => total + length, 0);
}
