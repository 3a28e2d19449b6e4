import { CounterweightError } from "@counterweight/base";
import { sizesOf } from "./dimension.js";
import { bindSizes, type Program } from "./program.js";
import type { Tensor } from "./tensor.js";
import type { TensorValue } from "./value.js";

/**
 * Runs a program in float64, one operation after another: slow, obvious, and the measure for every
 * other runtime. Throws `shape` when the inputs do not fit the program.
 */
export function evaluate(
  program: Program,
  inputs: Readonly<Record<string, TensorValue>>,
): Record<string, TensorValue> {
  const shapes = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }]) => [name, shape]),
  );
  const sizes = bindSizes(program, shapes);
  const values = new Map<Tensor, TensorValue>();
  const read = (tensor: Tensor): TensorValue => {
    const value = values.get(tensor);
    if (value === undefined)
      throw new CounterweightError("internal", "a tensor was read before it was made.");
    return value;
  };
  for (const { name, tensor } of program.inputs) {
    const value = inputs[name];
    if (value !== undefined) values.set(tensor, value);
  }
  for (const node of program.nodes) {
    const outputShapes = node.outputs.map(({ shape }) => sizesOf(shape, sizes));
    const results = node.operation.evaluate(node.inputs.map(read), { shapes: outputShapes });
    node.outputs.forEach((tensor, index) => {
      const data = results[index];
      if (data !== undefined) values.set(tensor, { data, shape: outputShapes[index] ?? [] });
    });
  }
  return Object.fromEntries(program.outputs.map(({ name, tensor }) => [name, read(tensor)]));
}
