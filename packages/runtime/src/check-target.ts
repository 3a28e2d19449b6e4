import { CounterweightError } from "@counterweight/base";
import type { TensorValue } from "@counterweight/graph";

/**
 * Throws `shape` unless `target` is float32 memory of exactly that shape: native code would write
 * past the end of a smaller one.
 */
export function checkTarget(
  program: string,
  name: string,
  target: TensorValue,
  shape: readonly number[],
): void {
  const fits =
    target.data instanceof Float32Array &&
    target.shape.length === shape.length &&
    shape.every((size, axis) => size === target.shape[axis]) &&
    target.data.length === shape.reduce((cells, size) => cells * size, 1);
  if (!fits) {
    throw new CounterweightError(
      "shape",
      `the memory given for "${name}" must be float32 [${shape.join(", ")}], got ${target.data.length} cells as [${target.shape.join(", ")}].`,
      { where: program },
    );
  }
}
