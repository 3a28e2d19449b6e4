/** MurmurHash3's 32-bit finaliser: every bit of the input reaches every bit of the result. */
export function mix(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** One more word into a running 32-bit hash (the body of MurmurHash3). */
export function combine(hash: number, word: number): number {
  let bits = Math.imul(word, 0xcc9e2d51);
  bits = (bits << 15) | (bits >>> 17);
  bits = hash ^ Math.imul(bits, 0x1b873593);
  bits = (bits << 13) | (bits >>> 19);
  return (Math.imul(bits, 5) + 0xe6546b64) >>> 0;
}
