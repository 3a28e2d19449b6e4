/**
 * Sorts `order` stably by `keys[order[i]]`, ascending: least significant digit first, 11 bits at a
 * time, so the time is linear.
 * @param scratch as long as `order`; its contents are overwritten.
 */
export function radixSort(order: Uint32Array, keys: Uint32Array, scratch: Uint32Array): void {
  const counts = new Uint32Array(2048);
  let from = order;
  let to = scratch;
  for (let shift = 0; shift < 33; shift += 11) {
    counts.fill(0);
    for (const item of from) {
      const digit = ((keys[item] ?? 0) >>> shift) & 2047;
      counts[digit] = (counts[digit] ?? 0) + 1;
    }
    let start = 0;
    for (let digit = 0; digit < 2048; digit++) {
      const count = counts[digit] ?? 0;
      counts[digit] = start;
      start += count;
    }
    for (const item of from) {
      const digit = ((keys[item] ?? 0) >>> shift) & 2047;
      const place = counts[digit] ?? 0;
      to[place] = item;
      counts[digit] = place + 1;
    }
    [from, to] = [to, from];
  }
  // Three passes leave the result in the other array.
  order.set(from);
}
