/**
 * Stochastic gradient descent in PyTorch's order of operations, all in float32:
 *
 *     g      = gradientFactor * gradient + weightDecay * value
 *     buffer = momentum * buffer + g          (starts at zero, so the first step takes g itself)
 *     value  = value - learningRate * buffer
 */
export function sgdMomentum(
  value: usize,
  gradient: usize,
  buffer: usize,
  length: u32,
  gradientFactor: f32,
  weightDecay: f32,
  momentum: f32,
  learningRate: f32,
): void {
  const factors = f32x4.splat(gradientFactor);
  const decays = f32x4.splat(weightDecay);
  const momenta = f32x4.splat(momentum);
  const rates = f32x4.splat(learningRate);
  const vectorEnd = value + ((<usize>(length & ~3)) << 2);
  while (value < vectorEnd) {
    const old = v128.load(value);
    const g = f32x4.add(f32x4.mul(v128.load(gradient), factors), f32x4.mul(old, decays));
    const moving = f32x4.add(f32x4.mul(v128.load(buffer), momenta), g);
    v128.store(buffer, moving);
    v128.store(value, f32x4.sub(old, f32x4.mul(rates, moving)));
    value += 16;
    gradient += 16;
    buffer += 16;
  }
  for (let rest = length & 3; rest > 0; rest--) {
    const old = load<f32>(value);
    const g = load<f32>(gradient) * gradientFactor + old * weightDecay;
    const moving = load<f32>(buffer) * momentum + g;
    store<f32>(buffer, moving);
    store<f32>(value, old - learningRate * moving);
    value += 4;
    gradient += 4;
    buffer += 4;
  }
}

/** `sgdMomentum` with momentum 0: no buffer is read or written. */
export function sgd(
  value: usize,
  gradient: usize,
  length: u32,
  gradientFactor: f32,
  weightDecay: f32,
  learningRate: f32,
): void {
  const factors = f32x4.splat(gradientFactor);
  const decays = f32x4.splat(weightDecay);
  const rates = f32x4.splat(learningRate);
  const vectorEnd = value + ((<usize>(length & ~3)) << 2);
  while (value < vectorEnd) {
    const old = v128.load(value);
    const g = f32x4.add(f32x4.mul(v128.load(gradient), factors), f32x4.mul(old, decays));
    v128.store(value, f32x4.sub(old, f32x4.mul(rates, g)));
    value += 16;
    gradient += 16;
  }
  for (let rest = length & 3; rest > 0; rest--) {
    const old = load<f32>(value);
    const g = load<f32>(gradient) * gradientFactor + old * weightDecay;
    store<f32>(value, old - learningRate * g);
    value += 4;
    gradient += 4;
  }
}

/** `sgdMomentum`, or `sgd` where `buffer` is 0, on rows of an embedding table: see `adamwRows`. */
export function sgdRows(
  value: usize,
  tokenGradient: usize,
  buffer: usize,
  width: u32,
  rows: u32,
  selection: usize,
  firstToken: usize,
  zeros: usize,
  gradientFactor: f32,
  weightDecay: f32,
  momentum: f32,
  learningRate: f32,
): void {
  const bytes = (<usize>width) << 2;
  for (let row: usize = 0; row < <usize>rows; row++) {
    if (selection && load<i32>(selection + (row << 2)) < 0) continue;
    const token = load<i32>(firstToken + (row << 2));
    const start = value + row * bytes;
    const gradient = token < 0 ? zeros : tokenGradient + <usize>token * bytes;
    if (buffer) {
      sgdMomentum(
        start,
        gradient,
        buffer + row * bytes,
        width,
        gradientFactor,
        weightDecay,
        momentum,
        learningRate,
      );
    } else {
      sgd(start, gradient, width, gradientFactor, weightDecay, learningRate);
    }
  }
}
