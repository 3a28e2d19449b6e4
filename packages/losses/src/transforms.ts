/**
 * One change of the row weights of a batch. They compose: each works on what the one before left.
 * - `temper`: `w^exponent`; below 1 weights come closer together, 0 makes all 1.
 * - `clip`: `min(max(w, minimum), maximum)`; absent bounds are 0 and infinity.
 * - `normalise`: `w / mean(w)` over the batch, so that its mean weight is 1 (self-normalised
 *   importance sampling).
 */
export type WeightTransform =
  | { readonly kind: "temper"; readonly exponent: number }
  | { readonly kind: "clip"; readonly minimum?: number; readonly maximum?: number }
  | { readonly kind: "normalise" };
