import { CounterweightError } from "@counterweight/base";
import { type Shape, shapeError } from "./dimension.js";
import type { OnnxContext } from "./onnx/context.js";
import type { NumericArray, TensorValue } from "./value.js";

/** `float32` carries gradients; `int32` holds indices. The reference evaluates `float32` in float64. */
export type DataType = "float32" | "int32";

export interface TensorType {
  readonly dtype: DataType;
  readonly shape: Shape;
}

/** A value in a graph: what made it, and its type. Tensors are immutable. */
export interface Tensor extends TensorType {
  readonly node: Node;
  /** Which output of the node this is. */
  readonly output: number;
}

/** One application of an operation. */
export interface Node {
  readonly operation: BoundOperation;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** The attributes of an operation that has none. */
export type NoAttributes = Readonly<Record<string, never>>;

/** What the reference evaluation of an operation sees. */
export interface EvaluationContext {
  /** Concrete shapes of the outputs. */
  readonly shapes: readonly (readonly number[])[];
}

/**
 * An operation is one definition: everything that the writer, autodiff, the reference and the
 * tests need to know about it stands here. `A` are its attributes.
 */
export interface Operation<A> {
  readonly name: string;
  /** Types of the outputs; throws `shape` when the inputs do not fit. */
  infer(inputs: readonly TensorType[], attributes: A): readonly TensorType[];
  /** Appends ONNX nodes that compute `outputs` from `inputs` (names of values). */
  emit(context: OnnxContext, names: OnnxNames, attributes: A, types: NodeTypes): void;
  /**
   * Vector-Jacobian product: gradients of the inputs for the gradient of output 0.
   * An input is left out (`undefined`) where `wanted` is false or no gradient exists.
   * Further outputs are by-products (statistics) and take no gradient.
   */
  readonly gradient?: (
    node: Node,
    upstream: Tensor,
    attributes: A,
    wanted: readonly boolean[],
  ) => readonly (Tensor | undefined)[];
  /** Float64 reference on row-major arrays. */
  evaluate(
    inputs: readonly TensorValue[],
    attributes: A,
    context: EvaluationContext,
  ): readonly NumericArray[];
}

export interface OnnxNames {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface NodeTypes {
  readonly inputs: readonly TensorType[];
  readonly outputs: readonly TensorType[];
}

/** An operation with its attributes filled in. */
export interface BoundOperation {
  readonly name: string;
  /** The attributes, if this is an application of `operation`; see {@link attributesOf}. */
  match<A>(operation: Operation<A>): A | undefined;
  emit(context: OnnxContext, names: OnnxNames, types: NodeTypes): void;
  gradient(
    node: Node,
    upstream: Tensor,
    wanted: readonly boolean[],
  ): readonly (Tensor | undefined)[];
  readonly differentiable: boolean;
  evaluate(inputs: readonly TensorValue[], context: EvaluationContext): readonly NumericArray[];
  /** For graph inputs: the name under which a value is given. */
  readonly inputName?: string;
}

function makeNode(
  operation: BoundOperation,
  inputs: readonly Tensor[],
  types: readonly TensorType[],
): Node {
  const outputs: Tensor[] = [];
  const node: Node = { operation, inputs, outputs };
  types.forEach((type, output) => {
    outputs.push({ dtype: type.dtype, shape: type.shape, node, output });
  });
  return node;
}

/** Applies an operation; returns all outputs. */
export function applyAll<A>(
  operation: Operation<A>,
  inputs: readonly Tensor[],
  attributes: A,
): readonly Tensor[] {
  const types = operation.infer(inputs, attributes);
  const bound: BoundOperation = {
    name: operation.name,
    // The same object means the same attribute type, which the type system cannot follow.
    match: <B>(other: Operation<B>) =>
      (other as unknown) === operation ? (attributes as unknown as B) : undefined,
    differentiable: operation.gradient !== undefined,
    emit: (context, names, nodeTypes) => operation.emit(context, names, attributes, nodeTypes),
    gradient: (node, upstream, wanted) =>
      operation.gradient?.(node, upstream, attributes, wanted) ?? [],
    evaluate: (values, context) => operation.evaluate(values, attributes, context),
  };
  return makeNode(bound, inputs, types).outputs;
}

/** Applies an operation; returns its first output. */
export function apply<A>(
  operation: Operation<A>,
  inputs: readonly Tensor[],
  attributes: A,
): Tensor {
  const [first] = applyAll(operation, inputs, attributes);
  if (first === undefined)
    throw new CounterweightError("internal", `${operation.name} has no output.`);
  return first;
}

/** A value given at run time under `name`: a parameter, a batch column, a mask. */
export function input(name: string, dtype: DataType, shape: Shape): Tensor {
  const operation: BoundOperation = {
    name: "input",
    inputName: name,
    match: () => undefined,
    differentiable: false,
    emit: () => undefined,
    gradient: () => [],
    evaluate: () => {
      throw new CounterweightError("internal", `the input ${name} was not bound.`);
    },
  };
  const [tensor] = makeNode(operation, [], [{ dtype, shape }]).outputs;
  if (tensor === undefined) throw new CounterweightError("internal", "an input has one output.");
  return tensor;
}

/** The attributes of a node, if it applies the given operation. */
export function attributesOf<A>(node: Node, operation: Operation<A>): A | undefined {
  return node.operation.match(operation);
}

/** Throws `shape` unless the tensor is a float. */
export function expectFloat(operation: string, ...tensors: readonly TensorType[]): void {
  for (const tensor of tensors) {
    if (tensor.dtype !== "float32") throw shapeError(operation, "float32 inputs", tensor.dtype);
  }
}

/** Reads an input of a node by position. */
export function inputOf(node: Node, position: number): Tensor {
  const tensor = node.inputs[position];
  if (tensor === undefined) {
    throw new CounterweightError("internal", `${node.operation.name} has no input ${position}.`);
  }
  return tensor;
}

/** Reads an output of a node by position. */
export function outputOf(node: Node, position = 0): Tensor {
  const tensor = node.outputs[position];
  if (tensor === undefined) {
    throw new CounterweightError("internal", `${node.operation.name} has no output ${position}.`);
  }
  return tensor;
}
