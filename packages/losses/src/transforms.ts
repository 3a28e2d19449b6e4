import { CounterweightError } from "@counterweight/base";
import {
  add,
  clip,
  exp,
  fill,
  log,
  logSoftmax,
  reduceSum,
  scale,
  type Tensor,
} from "@counterweight/graph";

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

type Clip = Extract<WeightTransform, { readonly kind: "clip" }>;

/** Throws `spec` for an exponent below 0, bounds below 0 or crossed, or a largest weight of 0. */
export function checkTransforms(transforms: readonly WeightTransform[]): void {
  transforms.forEach((transform, index) => {
    const refuse = (what: string, fix: string): never => {
      throw new CounterweightError("spec", what, { where: `weight transform ${index + 1}`, fix });
    };
    if (transform.kind === "temper") {
      const { exponent } = transform;
      if (!(exponent >= 0 && Number.isFinite(exponent))) {
        refuse(`the exponent is ${exponent}.`, "Give a number from 0, such as 0.5.");
      }
    } else if (transform.kind === "clip") {
      const { minimum = 0, maximum = Number.POSITIVE_INFINITY } = transform;
      if (!(minimum >= 0 && Number.isFinite(minimum))) {
        refuse(`the smallest weight is ${minimum}.`, "Give a number from 0.");
      }
      if (!(maximum > 0)) refuse(`the largest weight is ${maximum}.`, "Give a number above 0.");
      if (minimum > maximum) {
        refuse(
          `the smallest weight, ${minimum}, is above the largest, ${maximum}.`,
          "Give a smallest weight that is not above the largest.",
        );
      }
    }
  });
}

/** A clip of the weight, or of its logarithm when `map` is one; without bounds `x` itself. */
const clipped = (x: Tensor, { minimum, maximum }: Clip, map = (bound: number) => bound): Tensor =>
  clip(
    x,
    minimum === undefined || minimum === 0 ? Number.NEGATIVE_INFINITY : map(minimum),
    maximum === undefined ? Number.POSITIVE_INFINITY : map(maximum),
  );

function onLogarithm(logWeight: Tensor, transform: WeightTransform): Tensor {
  switch (transform.kind) {
    case "temper":
      return transform.exponent === 1 ? logWeight : scale(logWeight, transform.exponent);
    case "clip":
      return clipped(logWeight, transform, Math.log);
    case "normalise": {
      // w / mean(w) is B softmax(log w): no sum of powers that could overflow or be 0.
      const rows = reduceSum(fill(1, logWeight.shape), [0]);
      return add(logSoftmax(logWeight), log(rows));
    }
  }
}

/**
 * Row weights from their logarithms `[rows]` by the transforms in the order given. They work on
 * logarithms, where no weight overflows; a clip at the end works on the weight itself, so that its
 * bounds are exact. `temper` by 1 and `clip` without bounds change no bit.
 */
export function transformWeights(
  logWeight: Tensor,
  transforms: readonly WeightTransform[],
): Tensor {
  checkTransforms(transforms);
  const last = transforms.at(-1);
  if (last?.kind !== "clip") return exp(transforms.reduce(onLogarithm, logWeight));
  return clipped(exp(transforms.slice(0, -1).reduce(onLogarithm, logWeight)), last);
}
