import { randomStream } from "@counterweight/base";
import type { EncodedTexts } from "@counterweight/bert";

/**
 * The batches of an epoch: all rows in a seeded order, cut every `batchSize` rows. The order
 * depends on seed and epoch alone, so an epoch can be taken up without the ones before it.
 */
export function epochBatches(
  rows: number,
  batchSize: number,
  seed: number,
  epoch: number,
): number[][] {
  const order = randomStream("batches", seed, epoch).shuffled(
    Array.from({ length: rows }, (_, row) => row),
  );
  const batches: number[][] = [];
  for (let start = 0; start < rows; start += batchSize) {
    batches.push(order.slice(start, start + batchSize));
  }
  return batches;
}

/** The most tokens that a batch of `batchSize` of these rows can have. */
export function largestBatchTokens(encoded: EncodedTexts, batchSize: number): number {
  const lengths = encoded.offsets.subarray(1).map((end, row) => end - (encoded.offsets[row] ?? 0));
  return lengths
    .sort()
    .subarray(-batchSize)
    .reduce((total, length) => total + length, 0);
}
