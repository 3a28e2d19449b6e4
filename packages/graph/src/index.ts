export { gradients } from "./autodiff.js";
export {
  cellCount,
  type Dimension,
  formatShape,
  product,
  type Shape,
  type Sizes,
  sizeOf,
  sizesOf,
} from "./dimension.js";
export type { ShapeInput } from "./onnx/context.js";
export { type OnnxProgram, writeOnnx } from "./onnx/write.js";
export { clip } from "./ops/clip.js";
export { constant, fill } from "./ops/constant.js";
export { add, divide, multiply, negate, oneMinus, scale, subtract } from "./ops/elementwise.js";
export { type OperationName, operations } from "./ops/index.js";
export { linear, type MatmulOptions, matmul } from "./ops/matmul.js";
export { layerNorm, logSoftmax, softmax } from "./ops/normalise.js";
export { pack, unpack } from "./ops/pack.js";
export { meanOfLast, reduceSum } from "./ops/reduce.js";
export { gather, oneHot, pick, scatterAdd } from "./ops/rows.js";
export { concatenate, reshape, slice, transpose, withTrailingAxes } from "./ops/shape.js";
export { erf, exp, gelu, log, power, relu, sqrt, step, stopGradient, tanh } from "./ops/unary.js";
export {
  bindSizes,
  type Program,
  type ProgramInput,
  type ProgramOutput,
  program,
} from "./program.js";
export { evaluate } from "./reference.js";
export { type DataType, input, type Tensor, type TensorType } from "./tensor.js";
export { type NumericArray, type TensorValue, tensorValue } from "./value.js";
