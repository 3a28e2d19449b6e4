import type { Program } from "../program.js";
import type { Tensor } from "../tensor.js";
import type { ShapeInput } from "./context.js";
import { encodeModel, type ValueInfo } from "./protobuf.js";
import { WriterContext } from "./writer-context.js";

/** A program as an ONNX model. */
export interface OnnxProgram {
  /** A serialised ModelProto. */
  readonly bytes: Uint8Array;
  /** int64 inputs beside the program's own, to be filled with sizes at run time. */
  readonly shapeInputs: readonly ShapeInput[];
}

/** Writes a program as one ONNX model (opset 21 and `com.microsoft` 1). */
export function writeOnnx(program: Program): OnnxProgram {
  const context = new WriterContext();
  const names = new Map<Tensor, string>();
  for (const { name, tensor } of program.inputs) names.set(tensor, name);
  // A value that is an output takes its public name where it is made; a second name needs a copy.
  for (const { name, tensor } of program.outputs) {
    if (!names.has(tensor)) names.set(tensor, name);
  }
  let count = 0;
  const nameOf = (tensor: Tensor): string => {
    const known = names.get(tensor);
    if (known !== undefined) return known;
    count += 1;
    const name = `${tensor.node.operation.name}_${count}`;
    names.set(tensor, name);
    return name;
  };
  for (const node of program.nodes) {
    const outputs = node.outputs.map(nameOf);
    node.operation.emit(context, { inputs: node.inputs.map(nameOf), outputs }, node);
  }
  for (const { name, tensor } of program.outputs) {
    const made = context.resolve(nameOf(tensor));
    if (made !== name) context.node("Identity", [made], [name]);
  }
  const info = (name: string, { dtype, shape }: Tensor): ValueInfo => ({ name, dtype, shape });
  const bytes = encodeModel({
    name: program.name,
    nodes: context.nodes,
    constants: context.constants,
    inputs: [
      ...program.inputs.map(({ name, tensor }) => info(name, tensor)),
      ...context.shapeInputs.map(({ name, shape }) => ({
        name,
        dtype: "int64" as const,
        shape: [shape.length],
      })),
    ],
    outputs: program.outputs.map(({ name, tensor }) => info(name, tensor)),
  });
  return { bytes, shapeInputs: context.shapeInputs };
}
