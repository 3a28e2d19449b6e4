import { sumOfSquares } from "./norm";

/** `target += source`, `length` floats. */
function addInto(target: usize, source: usize, length: u32): void {
  const vectorEnd = target + ((<usize>(length & ~3)) << 2);
  while (target < vectorEnd) {
    v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
    target += 16;
    source += 16;
  }
  for (let rest = length & 3; rest > 0; rest--) {
    store<f32>(target, load<f32>(target) + load<f32>(source));
    target += 4;
    source += 4;
  }
}

/**
 * Sums the gradients of a batch's tokens per vocabulary id, in place: the first token of an id
 * receives those of its later ones, in token order. `ids`: u32 `[tokens]`; `tokenGradient`: f32
 * `[tokens, width]`; `firstToken`: i32 `[vocabulary]`, all -1 before, afterwards the first token of
 * each id of the batch; `batchRows`: u32, receives the batch's ids in order of first occurrence.
 * Returns their number. `forgetTokens` puts `firstToken` back.
 */
export function sumTokens(
  tokenGradient: usize,
  ids: usize,
  tokens: u32,
  width: u32,
  firstToken: usize,
  batchRows: usize,
): u32 {
  const bytes = (<usize>width) << 2;
  let unique: u32 = 0;
  for (let token: u32 = 0; token < tokens; token++) {
    const id = load<u32>(ids + ((<usize>token) << 2));
    const slot = firstToken + ((<usize>id) << 2);
    const first = load<i32>(slot);
    if (first < 0) {
      store<i32>(slot, token);
      store<u32>(batchRows + ((<usize>unique) << 2), id);
      unique++;
    } else {
      addInto(tokenGradient + <usize>first * bytes, tokenGradient + <usize>token * bytes, width);
    }
  }
  return unique;
}

/** Sum of squares over the summed gradients that `sumTokens` left, in order of first occurrence. */
export function sumOfSquaresRows(
  tokenGradient: usize,
  width: u32,
  batchRows: usize,
  rowCount: u32,
  firstToken: usize,
): f64 {
  const bytes = (<usize>width) << 2;
  let sum: f64 = 0;
  for (let index: u32 = 0; index < rowCount; index++) {
    const row = <usize>load<u32>(batchRows + ((<usize>index) << 2));
    const token = <usize>load<i32>(firstToken + (row << 2));
    sum += sumOfSquares(tokenGradient + token * bytes, width);
  }
  return sum;
}

/** Sets `firstToken` back to -1 for the `rowCount` ids at `batchRows`. */
export function forgetTokens(batchRows: usize, rowCount: u32, firstToken: usize): void {
  for (let index: u32 = 0; index < rowCount; index++) {
    store<i32>(firstToken + ((<usize>load<u32>(batchRows + ((<usize>index) << 2))) << 2), -1);
  }
}
