import { CounterweightError } from "@counterweight/base";
import type { Sizes } from "./dimension.js";
import { formatShape } from "./dimension.js";
import type { Node, Tensor } from "./tensor.js";

/** A graph input of a program. */
export interface ProgramInput {
  readonly name: string;
  readonly tensor: Tensor;
}

export interface ProgramOutput {
  readonly name: string;
  readonly tensor: Tensor;
}

/** A pure function from named inputs to named outputs. Nodes are in an order that can be run. */
export interface Program {
  readonly name: string;
  readonly inputs: readonly ProgramInput[];
  readonly outputs: readonly ProgramOutput[];
  readonly nodes: readonly Node[];
}

/** All nodes that the tensors need, each after its inputs. */
export function nodesBehind(tensors: readonly Tensor[]): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  const stack: { node: Node; next: number }[] = [];
  const enter = (node: Node): void => {
    if (seen.has(node)) return;
    seen.add(node);
    stack.push({ node, next: 0 });
  };
  for (const { node: root } of tensors) {
    enter(root);
    // An explicit stack: a deep encoder with its backward pass would overflow the call stack.
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const inner = top.node.inputs[top.next];
      top.next += 1;
      if (inner === undefined) {
        order.push(top.node);
        stack.pop();
      } else {
        enter(inner.node);
      }
    }
  }
  return order;
}

/**
 * Closes a graph: keeps what the outputs need and checks that names are unique.
 * Throws `shape` when two different inputs, or an input and an output, share a name.
 */
export function program(name: string, outputs: Readonly<Record<string, Tensor>>): Program {
  const listed = Object.entries(outputs).map(([outputName, tensor]) => ({
    name: outputName,
    tensor,
  }));
  const nodes = nodesBehind(listed.map(({ tensor }) => tensor));
  const inputs: ProgramInput[] = [];
  const names = new Set<string>();
  for (const node of nodes) {
    const { inputName } = node.operation;
    const [tensor] = node.outputs;
    if (inputName === undefined || tensor === undefined) continue;
    if (names.has(inputName)) {
      throw new CounterweightError("shape", `two inputs are called "${inputName}".`, {
        where: name,
      });
    }
    names.add(inputName);
    inputs.push({ name: inputName, tensor });
    if (inputName in outputs && outputs[inputName] !== tensor) {
      throw new CounterweightError(
        "shape",
        `an input and an output are both called "${inputName}".`,
        { where: name },
      );
    }
  }
  return {
    name,
    inputs,
    outputs: listed,
    nodes: nodes.filter((node) => node.operation.inputName === undefined),
  };
}

/**
 * Binds the named sizes of a program from the shapes of its inputs. Throws `shape`, naming the
 * input, when a value is missing, has the wrong rank, or disagrees with another input.
 */
export function bindSizes(
  { name, inputs }: Program,
  shapes: Readonly<Record<string, readonly number[] | undefined>>,
): Sizes {
  const sizes = new Map<string, number>();
  const products: { input: string; dimension: string; size: number }[] = [];
  for (const { name: inputName, tensor } of inputs) {
    const given = shapes[inputName];
    const fail = (reason: string): never => {
      throw new CounterweightError("shape", `the input "${inputName}" ${reason}.`, { where: name });
    };
    if (given === undefined) return fail("is missing");
    const wanted = `needs ${formatShape(tensor.shape)}, got ${formatShape(given)}`;
    if (given.length !== tensor.shape.length) return fail(wanted);
    tensor.shape.forEach((dimension, axis) => {
      const size = given[axis] ?? 0;
      if (typeof dimension === "number") {
        if (size !== dimension) fail(wanted);
      } else if (dimension.includes("*")) {
        products.push({ input: inputName, dimension, size });
      } else {
        const known = sizes.get(dimension);
        if (known !== undefined && known !== size)
          fail(`${wanted}, while "${dimension}" is ${known}`);
        sizes.set(dimension, size);
      }
    });
  }
  for (const { input, dimension, size } of products) {
    const value = dimension
      .split("*")
      .reduce((total, part) => total * (sizes.get(part) ?? Number(part)), 1);
    if (Number.isFinite(value) && value !== size) {
      throw new CounterweightError(
        "shape",
        `the input "${input}" needs ${dimension} = ${value} cells, got ${size}.`,
        { where: name },
      );
    }
  }
  return sizes;
}
