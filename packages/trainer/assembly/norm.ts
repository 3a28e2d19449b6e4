/** `x^2` of the low two lanes of four floats, in float64. */
function lowSquares(x: v128): v128 {
  const wide = f64x2.promote_low_f32x4(x);
  return f64x2.mul(wide, wide);
}

/** `x^2` of the high two lanes of four floats, in float64. */
function highSquares(x: v128): v128 {
  return lowSquares(i64x2.shuffle(x, x, 1, 1));
}

/**
 * `sum x_i^2` of `length` floats at `x`. A float32's square is exact in float64, so only the sums
 * round. Element `i` always goes to partial sum `i mod 8`: equal input gives equal bits.
 */
export function sumOfSquares(x: usize, length: u32): f64 {
  let sum0 = f64x2.splat(0);
  let sum1 = f64x2.splat(0);
  let sum2 = f64x2.splat(0);
  let sum3 = f64x2.splat(0);
  const end = x + ((<usize>length) << 2);
  const vectorEnd = x + ((<usize>(length & ~7)) << 2);
  while (x < vectorEnd) {
    const first = v128.load(x);
    const second = v128.load(x, 16);
    sum0 = f64x2.add(sum0, lowSquares(first));
    sum1 = f64x2.add(sum1, highSquares(first));
    sum2 = f64x2.add(sum2, lowSquares(second));
    sum3 = f64x2.add(sum3, highSquares(second));
    x += 32;
  }
  const pairs = f64x2.add(f64x2.add(sum0, sum1), f64x2.add(sum2, sum3));
  let sum = f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1);
  while (x < end) {
    const wide = <f64>load<f32>(x);
    sum += wide * wide;
    x += 4;
  }
  return sum;
}
