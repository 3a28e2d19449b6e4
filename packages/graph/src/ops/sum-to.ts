import { type Shape, sameShape } from "../dimension.js";
import type { Tensor } from "../tensor.js";
import { reduceSum } from "./reduce.js";
import { reshape } from "./shape.js";

/** Undoes broadcasting: sums `x` over the axes along which `shape` was repeated. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.shape.length - shape.length;
  const axes = x.shape.flatMap((dimension, axis) => {
    const own = axis < lead ? undefined : shape[axis - lead];
    return own === undefined || (own === 1 && dimension !== 1) ? [axis] : [];
  });
  const summed = axes.length === 0 ? x : reduceSum(x, axes, true);
  return sameShape(summed.shape, shape) ? summed : reshape(summed, shape);
}
