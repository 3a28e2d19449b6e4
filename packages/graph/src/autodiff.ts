import { CounterweightError } from "@counterweight/base";
import { formatShape } from "./dimension.js";
import { fill } from "./ops/constant.js";
import { add } from "./ops/elementwise.js";
import { nodesBehind } from "./program.js";
import { type Node, outputOf, type Tensor } from "./tensor.js";

/**
 * Reverse-mode differentiation: `d scalar / d tensor` for each tensor, which may be an input or any
 * value on the way (such as the looked-up rows of an embedding table).
 * The backward pass is ordinary graph, so it is written, run and tested like the forward pass.
 * Throws `shape` when `scalar` is not `[]`, or where it depends on a target through a by-product of
 * an operation (the statistics of `layerNorm`), which has no gradient: so it does in a gradient of
 * a gradient through `layerNorm`.
 */
export function gradients(scalar: Tensor, tensors: readonly Tensor[]): readonly Tensor[] {
  if (scalar.shape.length !== 0 || scalar.dtype !== "float32") {
    throw new CounterweightError(
      "shape",
      `needed a float32 scalar, got ${formatShape(scalar.shape)}.`,
      {
        where: "gradients",
      },
    );
  }
  const nodes = nodesBehind([scalar]);
  const targets = new Set<Tensor>(tensors);
  const active = activeTensors(nodes, targets);
  const known = new Map<Tensor, Tensor>([[scalar, fill(1, [])]]);
  for (const node of nodes.toReversed()) {
    const [output] = node.outputs;
    const upstream = output === undefined ? undefined : known.get(output);
    if (output === undefined || upstream === undefined || !node.operation.differentiable) continue;
    const wanted = node.inputs.map((tensor) => active.has(tensor));
    if (!wanted.includes(true)) continue;
    const parts = node.operation.gradient(node, upstream, wanted);
    node.inputs.forEach((tensor, position) => {
      const part = parts[position];
      if (part === undefined || wanted[position] !== true) return;
      const sum = known.get(tensor);
      known.set(tensor, sum === undefined ? part : add(sum, part));
    });
  }
  return tensors.map((tensor) => known.get(tensor) ?? fill(0, tensor.shape));
}

/** Tensors on a differentiable way from a target to the scalar. */
function activeTensors(nodes: readonly Node[], targets: ReadonlySet<Tensor>): ReadonlySet<Tensor> {
  const active = new Set<Tensor>(targets);
  for (const node of nodes) {
    const [output] = node.outputs;
    if (output === undefined || !node.operation.differentiable) continue;
    const byProduct = node.inputs.find(
      (tensor) => tensor.output > 0 && active.has(outputOf(tensor.node)) && !active.has(tensor),
    );
    if (byProduct !== undefined) {
      throw new CounterweightError(
        "shape",
        `output ${byProduct.output} of ${byProduct.node.operation.name} has no gradient.`,
        { where: "gradients" },
      );
    }
    if (node.inputs.some((tensor) => active.has(tensor))) active.add(output);
  }
  return active;
}
