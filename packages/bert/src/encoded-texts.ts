/** Tokenised rows, end to end: row i owns tokens `offsets[i]` to `offsets[i + 1]` (not included). */
export interface EncodedTexts {
  /** `[rows + 1]`, starts at 0. */
  readonly offsets: Int32Array;
  /** Vocabulary ids, `[tokens]`. */
  readonly tokenIds: Int32Array;
  /** Segment of each token: 0, or 1 for the second text of a pair, `[tokens]`. */
  readonly typeIds: Uint8Array;
}
