/**
 * `-d/dp of (1 - p)^gamma log p`, negated: `(1 - p)^gamma / p - gamma (1 - p)^(gamma - 1) log p`.
 * Falls from infinity at p = 0 to 0 at p = 1 for gamma > 0 (the focal term is convex in p).
 */
export function focalSlope(p: number, gamma: number): number {
  return (1 - p) ** gamma / p - gamma * (1 - p) ** (gamma - 1) * Math.log(p);
}

/** The root of a falling function on (0, 1), to the last bit. */
function bisect(falling: (value: number) => number, low: number, high: number): number {
  let [left, right] = [low, high];
  for (let step = 0; step < 200; step++) {
    const middle = (left + right) / 2;
    if (middle <= left || middle >= right) break;
    if (falling(middle) > 0) left = middle;
    else right = middle;
  }
  return (left + right) / 2;
}

/**
 * The distribution p that minimises the focal risk `-sum_k q_k (1 - p_k)^gamma log p_k` on the
 * simplex, `[classes]`. The risk is convex, so its one stationary point is where q_k focalSlope(p_k)
 * is the same for all classes with q_k > 0; p_k = 0 where q_k = 0. Two nested bisections: over the
 * common slope, and over each p_k. For gamma = 0 it is q.
 *
 * It keeps q's order of classes, so it never mends an argmax; it is flatter than q.
 */
export function focalFixedPoint(q: Float64Array, gamma: number): Float64Array {
  if (gamma === 0) return q.slice();
  const positive = q.filter((value) => value > 0);
  if (positive.length === 1) return q.map((value) => (value > 0 ? 1 : 0));
  const probability = (share: number, slope: number): number =>
    share === 0 ? 0 : bisect((p) => share * focalSlope(p, gamma) - slope, 0, 1);
  const atSlope = (slope: number): Float64Array => q.map((share) => probability(share, slope));
  const sum = (slope: number): number => atSlope(slope).reduce((total, value) => total + value, 0);
  // At a common p = 1 / classes, slopes differ by q_k only: the common slope lies between their extremes.
  const middle = focalSlope(1 / positive.length, gamma);
  const slope = bisect(
    (value) => sum(value) - 1,
    Math.min(...positive) * middle,
    Math.max(...positive) * middle,
  );
  const point = atSlope(slope);
  const total = point.reduce((value, next) => value + next, 0);
  return point.map((value) => value / total);
}
