import type { Dimension, Shape } from "../dimension.js";

/** Attribute values of an ONNX node. Plain numbers are integers; floats are marked. */
export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | OnnxTensor;

export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

/** A small constant tensor. */
export interface OnnxTensor {
  readonly dtype: "float32" | "int64";
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export interface OnnxNode {
  readonly name: string;
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: OnnxAttributes;
}

/** What an operation may write while it is turned into ONNX. */
export interface OnnxContext {
  /** Appends a node with given output names. `domain` "" is ONNX itself. */
  node(
    type: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes?: OnnxAttributes,
    domain?: string,
  ): void;
  /** Appends a node with one fresh output and returns its name. */
  node1(type: string, inputs: readonly string[], attributes?: OnnxAttributes): string;
  /** Makes `outputs[0]` another name of an existing value. */
  alias(outputs: readonly string[], value: string): void;
  /** A float constant; equal ones are written once. */
  floatConstant(values: readonly number[], shape: readonly number[]): string;
  /** An int64 constant vector; equal ones are written once. */
  integerConstant(values: readonly number[]): string;
  /** A float tensor as an attribute. */
  floatTensor(values: readonly number[], shape: readonly number[]): OnnxTensor;
  /** An int64 vector that holds a shape at run time; named sizes become an input of the model. */
  shapeVector(shape: Shape): string;
  /** An int32 value as int64, cast once. */
  toInt64(value: string): string;
}

/** An int64 input that the runtime fills with the sizes of a shape. */
export interface ShapeInput {
  readonly name: string;
  readonly shape: readonly Dimension[];
}
