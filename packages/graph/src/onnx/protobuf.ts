import Pbf from "pbf";
import type { Shape } from "../dimension.js";
import type { OnnxAttribute, OnnxNode, OnnxTensor } from "./context.js";

/**
 * The messages of onnx.proto that a model needs, field numbers as published there
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto); the encoding is pbf's.
 */
const elementType = { float32: 1, int32: 6, int64: 7 } as const;
const attributeType = { float: 1, integer: 2, string: 3, tensor: 4, integers: 7 } as const;

/** Opset 21: Gelu, LayerNormalization and shape rules as onnxruntime 1.30 knows them. */
const onnxOpset = 21;
const irVersion = 10;

export interface ValueInfo {
  readonly name: string;
  readonly dtype: keyof typeof elementType;
  readonly shape: Shape;
}

export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

function rawBytes(tensor: OnnxTensor): Uint8Array {
  const bytes = new DataView(
    new ArrayBuffer(tensor.values.length * (tensor.dtype === "int64" ? 8 : 4)),
  );
  tensor.values.forEach((value, index) => {
    if (tensor.dtype === "int64") bytes.setBigInt64(index * 8, BigInt(value), true);
    else bytes.setFloat32(index * 4, value, true);
  });
  return new Uint8Array(bytes.buffer);
}

function writeTensor({ tensor, name }: { tensor: OnnxTensor; name: string }, pbf: Pbf): void {
  for (const size of tensor.shape) pbf.writeVarintField(1, size);
  pbf.writeVarintField(2, elementType[tensor.dtype]);
  if (name !== "") pbf.writeStringField(8, name);
  pbf.writeBytesField(9, rawBytes(tensor));
}

function writeAttribute([name, value]: [string, OnnxAttribute], pbf: Pbf): void {
  pbf.writeStringField(1, name);
  if (typeof value === "number") {
    pbf.writeVarintField(3, value);
    pbf.writeVarintField(20, attributeType.integer);
  } else if (typeof value === "string") {
    pbf.writeBytesField(4, new TextEncoder().encode(value));
    pbf.writeVarintField(20, attributeType.string);
  } else if ("float" in value) {
    pbf.writeFloatField(2, value.float);
    pbf.writeVarintField(20, attributeType.float);
  } else if ("dtype" in value) {
    pbf.writeMessage(5, writeTensor, { tensor: value, name: "" });
    pbf.writeVarintField(20, attributeType.tensor);
  } else {
    for (const item of value) pbf.writeVarintField(8, item);
    pbf.writeVarintField(20, attributeType.integers);
  }
}

function writeNode(node: OnnxNode, pbf: Pbf): void {
  for (const name of node.inputs) pbf.writeStringField(1, name);
  for (const name of node.outputs) pbf.writeStringField(2, name);
  pbf.writeStringField(3, node.name);
  pbf.writeStringField(4, node.type);
  for (const attribute of Object.entries(node.attributes))
    pbf.writeMessage(5, writeAttribute, attribute);
  if (node.domain !== "") pbf.writeStringField(7, node.domain);
}

function writeShape(shape: Shape, pbf: Pbf): void {
  for (const dimension of shape) {
    pbf.writeMessage(
      1,
      (size: number | string, inner: Pbf) => {
        if (typeof size === "number") inner.writeVarintField(1, size);
        else inner.writeStringField(2, size);
      },
      dimension,
    );
  }
}

function writeValueInfo(value: ValueInfo, pbf: Pbf): void {
  pbf.writeStringField(1, value.name);
  pbf.writeMessage(
    2,
    (type: ValueInfo, outer: Pbf) => {
      outer.writeMessage(
        1,
        (tensor: ValueInfo, inner: Pbf) => {
          inner.writeVarintField(1, elementType[tensor.dtype]);
          inner.writeMessage(2, writeShape, tensor.shape);
        },
        type,
      );
    },
    value,
  );
}

function writeGraph(model: OnnxModel, pbf: Pbf): void {
  for (const node of model.nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, model.name);
  for (const [name, tensor] of model.constants) pbf.writeMessage(5, writeTensor, { tensor, name });
  for (const value of model.inputs) pbf.writeMessage(11, writeValueInfo, value);
  for (const value of model.outputs) pbf.writeMessage(12, writeValueInfo, value);
}

function writeOpset({ domain, version }: { domain: string; version: number }, pbf: Pbf): void {
  if (domain !== "") pbf.writeStringField(1, domain);
  pbf.writeVarintField(2, version);
}

/** Encodes a ModelProto. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const pbf = new Pbf();
  pbf.writeVarintField(1, irVersion);
  pbf.writeStringField(2, "counterweight");
  pbf.writeMessage(7, writeGraph, model);
  pbf.writeMessage(8, writeOpset, { domain: "", version: onnxOpset });
  pbf.writeMessage(8, writeOpset, { domain: "com.microsoft", version: 1 });
  return pbf.finish();
}
