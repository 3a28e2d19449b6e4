import { type Bytes, Message } from "./wire-format.js";

/**
 * The messages of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto) that a model
 * with its weights inside needs; the numbers of fields and enumerations are those published there.
 */
const elementType = { float32: 1, uint8: 2, int8: 3, int64: 7 } as const;
const attributeType = { float: 1, integer: 2, integers: 7 } as const;

/**
 * Opset 17 in format 8 is the first with LayerNormalization and is read by every ONNX Runtime from
 * 1.12 on, the 1.14 of `@xenova/transformers` 2.17.2 among them.
 */
export const exportOpset = 17;
const irVersion = 8;

/** Element types by the names used here; `Cast` takes the number. */
export type ElementType = keyof typeof elementType;

/** Attribute values of a node. Plain numbers are integers; floats are marked. */
export type NodeAttribute = number | readonly number[] | { readonly float: number };

/** A dimension's size, or its name where it is known at run time only. */
type SymbolicShape = readonly (number | string)[];

/** Collects the nodes and weights of an ONNX model and encodes it. */
export class OnnxModelBuilder {
  readonly #nodes: Message[] = [];
  readonly #weights: Message[] = [];
  readonly #inputs: Message[] = [];
  readonly #outputs: Message[] = [];
  readonly #taken = new Map<string, number>();
  readonly #constants = new Map<string, string>();

  /** Declares an input of the model and returns its name. */
  input(name: string, dtype: ElementType, shape: SymbolicShape): string {
    this.#inputs.push(valueInfo(name, dtype, shape));
    return this.#fresh(name);
  }

  /** Declares `value`, a node's result, an output of the model. */
  output(name: string, dtype: ElementType, shape: SymbolicShape): void {
    this.#outputs.push(valueInfo(name, dtype, shape));
  }

  /**
   * Appends a node of ONNX's own domain.
   * @param scope the part of the model it belongs to, such as `layer.0/attention`; names are made
   *   of it.
   * @returns the names of its results, `count` of them.
   */
  nodes(
    scope: string,
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, NodeAttribute>>,
    count: number,
  ): readonly string[] {
    const name = this.#fresh(`${scope}/${type}`);
    const outputs = Array.from({ length: count }, (_, index) =>
      index === 0 ? name : this.#fresh(`${name}:${index}`),
    );
    this.#append(name, type, inputs, outputs, attributes);
    return outputs;
  }

  /** `nodes` with one result; `output` names it. */
  node(
    scope: string,
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, NodeAttribute>> = {},
    output?: string,
  ): string {
    const name = this.#fresh(`${scope}/${type}`);
    const result = output === undefined ? name : this.#fresh(output);
    this.#append(name, type, inputs, [result], attributes);
    return result;
  }

  /** Adds a weight and returns its name. */
  weight(name: string, dtype: ElementType, shape: readonly number[], data: Bytes): string {
    const unique = this.#fresh(name);
    const message = new Message();
    for (const size of shape) message.integer(1, size);
    message.integer(2, elementType[dtype]).text(8, unique).bytes(9, data);
    this.#weights.push(message);
    return unique;
  }

  /** A float constant without dimensions; equal ones are written once. */
  float(value: number): string {
    return this.#constant(`float:${value}`, "float32", [], Float32Array.of(value));
  }

  /** An int64 constant: a vector, or for a single number no dimensions; equal ones are written once. */
  integers(value: number | readonly number[]): string {
    const list = typeof value === "number" ? [value] : value;
    return this.#constant(
      typeof value === "number" ? `integer:${value}` : `integers:${value.join(",")}`,
      "int64",
      typeof value === "number" ? [] : [list.length],
      BigInt64Array.from(list, BigInt),
    );
  }

  /** The value as another type. */
  cast(scope: string, value: string, to: ElementType): string {
    return this.node(scope, "Cast", [value], { to: elementType[to] });
  }

  /** The ModelProto. */
  encode(name: string): Message {
    const graph = new Message();
    for (const node of this.#nodes) graph.message(1, node);
    graph.text(2, name);
    for (const weight of this.#weights) graph.message(5, weight);
    for (const input of this.#inputs) graph.message(11, input);
    for (const output of this.#outputs) graph.message(12, output);
    return new Message()
      .integer(1, irVersion)
      .text(2, "counterweight")
      .message(7, graph)
      .message(8, new Message().text(1, "").integer(2, exportOpset));
  }

  #constant(key: string, dtype: ElementType, shape: readonly number[], data: DataArray): string {
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const bytes = bytesOf(data);
    const name = this.weight(key, dtype, shape, bytes);
    this.#constants.set(key, name);
    return name;
  }

  #append(
    name: string,
    type: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, NodeAttribute>>,
  ): void {
    const node = new Message();
    for (const input of inputs) node.text(1, input);
    for (const output of outputs) node.text(2, output);
    node.text(3, name).text(4, type);
    for (const [key, value] of Object.entries(attributes)) node.message(5, attribute(key, value));
    this.#nodes.push(node);
  }

  #fresh(name: string): string {
    const before = this.#taken.get(name) ?? 0;
    this.#taken.set(name, before + 1);
    return before === 0 ? name : this.#fresh(`${name}_${before}`);
  }
}

type DataArray = Float32Array | BigInt64Array | Int8Array | Uint8Array;

/** The memory of an array, which ONNX wants little-endian, as all machines with Node have it. */
export function bytesOf({ buffer, byteOffset, byteLength }: DataArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function attribute(name: string, value: NodeAttribute): Message {
  const message = new Message().text(1, name);
  if (typeof value === "number")
    return message.integer(3, value).integer(20, attributeType.integer);
  if ("float" in value) return message.float(2, value.float).integer(20, attributeType.float);
  for (const item of value) message.integer(8, item);
  return message.integer(20, attributeType.integers);
}

function valueInfo(name: string, dtype: ElementType, shape: SymbolicShape): Message {
  const dimensions = new Message();
  for (const size of shape) {
    const dimension = new Message();
    if (typeof size === "number") dimension.integer(1, size);
    else dimension.text(2, size);
    dimensions.message(1, dimension);
  }
  const tensor = new Message().integer(1, elementType[dtype]).message(2, dimensions);
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}
