import type { Activation } from "../encoder/activations.js";
import type { OnnxModelBuilder } from "./onnx-model.js";

type Emit = (model: OnnxModelBuilder, scope: string, x: string) => string;

/** `x * (1 + erf(x / sqrt 2)) / 2`, in the order of operations that ONNX Runtime fuses. */
const gelu: Emit = (model, scope, x) => {
  const curve = model.node(scope, "Erf", [model.node(scope, "Div", [x, model.float(Math.SQRT2)])]);
  const doubled = model.node(scope, "Mul", [x, model.node(scope, "Add", [curve, model.float(1)])]);
  return model.node(scope, "Mul", [doubled, model.float(0.5)]);
};

/** `x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))` */
const tanhGelu: Emit = (model, scope, x) => {
  const square = model.node(scope, "Mul", [x, x]);
  const bend = model.node(scope, "Mul", [square, model.float(0.044715)]);
  const factor = model.node(scope, "Add", [bend, model.float(1)]);
  const inner = model.node(scope, "Mul", [
    model.node(scope, "Mul", [x, factor]),
    model.float(Math.sqrt(2 / Math.PI)),
  ]);
  const curve = model.node(scope, "Tanh", [inner]);
  const half = model.node(scope, "Mul", [x, model.float(0.5)]);
  return model.node(scope, "Mul", [half, model.node(scope, "Add", [curve, model.float(1)])]);
};

/** The encoder's activations as nodes of opset 17, which has no Gelu of its own. */
export const onnxActivations = {
  gelu,
  gelu_new: tanhGelu,
  gelu_pytorch_tanh: tanhGelu,
  relu: (model, scope, x) => model.node(scope, "Relu", [x]),
} as const satisfies Readonly<Record<Activation, Emit>>;
