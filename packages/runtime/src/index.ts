export { onnxRuntime } from "./onnx-runtime.js";
export { referenceRuntime } from "./reference-runtime.js";
export type { CompileOptions, Executable, Runtime } from "./runtime.js";
