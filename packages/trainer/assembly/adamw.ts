/**
 * AdamW in PyTorch's order of operations, all in float32. With g = gradientFactor * gradient:
 *
 *     value  = value * decayFactor                       decayFactor    = 1 - lr * weightDecay
 *     m      = m + (g - m) * oneMinusBeta1
 *     v      = v * beta2 + oneMinusBeta2 * g * g
 *     denom  = sqrt(v) / rootBias2 + epsilon             rootBias2      = sqrt(1 - beta2^t)
 *     value  = value - stepSize * m / denom              stepSize       = lr / (1 - beta1^t)
 *
 * One departure: a moment below the smallest normal float32 (1.2e-38) becomes zero. Its effect on
 * `value` is below 1e-30 * lr, and processors are about 100 times slower on subnormal numbers: the
 * moments of rows that a run no longer sees would otherwise stay subnormal for ever.
 */
const SMALLEST_NORMAL: f32 = 1.1754943508222875e-38;

/** Four parameters at byte offset `at` of the four arrays; the lanes are the scalars, repeated. */
function adamwLanes(
  value: usize,
  gradient: usize,
  firstMoment: usize,
  secondMoment: usize,
  gradientFactor: v128,
  decayFactor: v128,
  oneMinusBeta1: v128,
  beta2: v128,
  oneMinusBeta2: v128,
  rootBias2: v128,
  epsilon: v128,
  stepSize: v128,
): void {
  const smallest = f32x4.splat(SMALLEST_NORMAL);
  const g = f32x4.mul(v128.load(gradient), gradientFactor);
  let m = v128.load(firstMoment);
  m = f32x4.add(m, f32x4.mul(f32x4.sub(g, m), oneMinusBeta1));
  m = v128.and(m, f32x4.ge(f32x4.abs(m), smallest));
  let v = v128.load(secondMoment);
  v = f32x4.add(f32x4.mul(v, beta2), f32x4.mul(f32x4.mul(oneMinusBeta2, g), g));
  v = v128.and(v, f32x4.ge(v, smallest));
  const denominator = f32x4.add(f32x4.div(f32x4.sqrt(v), rootBias2), epsilon);
  const decayed = f32x4.mul(v128.load(value), decayFactor);
  v128.store(value, f32x4.sub(decayed, f32x4.div(f32x4.mul(stepSize, m), denominator)));
  v128.store(firstMoment, m);
  v128.store(secondMoment, v);
}

/** Updates `length` floats of each array in one pass. */
export function adamw(
  value: usize,
  gradient: usize,
  firstMoment: usize,
  secondMoment: usize,
  length: u32,
  gradientFactor: f32,
  decayFactor: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  rootBias2: f32,
  epsilon: f32,
  stepSize: f32,
): void {
  const factors = f32x4.splat(gradientFactor);
  const decays = f32x4.splat(decayFactor);
  const rates1 = f32x4.splat(oneMinusBeta1);
  const betas2 = f32x4.splat(beta2);
  const rates2 = f32x4.splat(oneMinusBeta2);
  const roots = f32x4.splat(rootBias2);
  const epsilons = f32x4.splat(epsilon);
  const steps = f32x4.splat(stepSize);
  const vectorEnd = value + ((<usize>(length & ~3)) << 2);
  while (value < vectorEnd) {
    adamwLanes(
      value,
      gradient,
      firstMoment,
      secondMoment,
      factors,
      decays,
      rates1,
      betas2,
      rates2,
      roots,
      epsilons,
      steps,
    );
    value += 16;
    gradient += 16;
    firstMoment += 16;
    secondMoment += 16;
  }
  for (let rest = length & 3; rest > 0; rest--) {
    const g = load<f32>(gradient) * gradientFactor;
    let m = load<f32>(firstMoment);
    m += (g - m) * oneMinusBeta1;
    if (abs(m) < SMALLEST_NORMAL) m = 0;
    let v = load<f32>(secondMoment) * beta2 + oneMinusBeta2 * g * g;
    if (v < SMALLEST_NORMAL) v = 0;
    const denominator = sqrt<f32>(v) / rootBias2 + epsilon;
    store<f32>(value, load<f32>(value) * decayFactor - (stepSize * m) / denominator);
    store<f32>(firstMoment, m);
    store<f32>(secondMoment, v);
    value += 4;
    gradient += 4;
    firstMoment += 4;
    secondMoment += 4;
  }
}

/**
 * `adamw` on rows of an embedding table `[rows, width]`, in ascending order, which is also the order
 * of memory. Rows that move are those with `selection[row] >= 0` (i32), or all where `selection` is
 * 0. A row's gradient is row `firstToken[row]` of `tokenGradient`; where that is -1 it is zero
 * (`zeros`).
 */
export function adamwRows(
  value: usize,
  tokenGradient: usize,
  firstMoment: usize,
  secondMoment: usize,
  width: u32,
  rows: u32,
  selection: usize,
  firstToken: usize,
  zeros: usize,
  gradientFactor: f32,
  decayFactor: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  rootBias2: f32,
  epsilon: f32,
  stepSize: f32,
): void {
  const bytes = (<usize>width) << 2;
  for (let row: usize = 0; row < <usize>rows; row++) {
    if (selection && load<i32>(selection + (row << 2)) < 0) continue;
    const token = load<i32>(firstToken + (row << 2));
    adamw(
      value + row * bytes,
      token < 0 ? zeros : tokenGradient + <usize>token * bytes,
      firstMoment + row * bytes,
      secondMoment + row * bytes,
      width,
      gradientFactor,
      decayFactor,
      oneMinusBeta1,
      beta2,
      oneMinusBeta2,
      rootBias2,
      epsilon,
      stepSize,
    );
  }
}
