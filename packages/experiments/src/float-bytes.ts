/** Columns end to end as 32-bit little-endian floats, whatever the machine's own order. */
export function bytesOf(...columns: readonly Float32Array[]): Buffer {
  const bytes = Buffer.alloc(4 * columns.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const column of columns) {
    for (const value of column) offset = bytes.writeFloatLE(value, offset);
  }
  return bytes;
}

/** The reverse of `bytesOf`, as one column. */
export function floatsOf(bytes: Buffer): Float32Array {
  return Float32Array.from({ length: bytes.length >> 2 }, (_, index) =>
    bytes.readFloatLE(index * 4),
  );
}
