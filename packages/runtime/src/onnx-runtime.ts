import { CounterweightError } from "@counterweight/base";
import {
  bindSizes,
  type Program,
  sizesOf,
  type TensorValue,
  writeOnnx,
} from "@counterweight/graph";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { checkTarget } from "./check-target.js";
import type { Executable, Runtime } from "./runtime.js";

/** ONNX Runtime through `onnxruntime-node`: float32 on native threads. */
export function onnxRuntime(): Runtime {
  return {
    name: "onnxruntime",
    async compile(program, { threads = 1 } = {}) {
      const model = writeOnnx(program);
      const session = await asRuntimeError(program.name, () =>
        InferenceSession.create(model.bytes, {
          intraOpNumThreads: threads,
          interOpNumThreads: 1,
          executionMode: "sequential",
          graphOptimizationLevel: "all",
          // Shapes change with every batch: memory patterns would be made anew and kept for each.
          enableMemPattern: false,
          logSeverityLevel: 3,
        }),
      );
      return makeExecutable(program, session, model.shapeInputs);
    },
  };
}

type ShapeInputs = ReturnType<typeof writeOnnx>["shapeInputs"];

function makeExecutable(
  program: Program,
  session: InferenceSession,
  shapeInputs: ShapeInputs,
): Executable {
  // Parameters are the same memory in every run: their tensors are made once.
  const known = new WeakMap<TensorValue, Tensor>();
  const toTensor = (value: TensorValue): Tensor => {
    const existing = known.get(value);
    if (existing !== undefined) return existing;
    const tensor = makeTensor(value);
    // A float64 value was copied: kept, it would hide later changes of the original.
    if (!(value.data instanceof Float64Array)) known.set(value, tensor);
    return tensor;
  };
  return {
    async run(inputs, into = {}) {
      const shapes = Object.fromEntries(
        Object.entries(inputs).map(([name, { shape }]) => [name, shape]),
      );
      const sizes = bindSizes(program, shapes);
      const feeds: Record<string, Tensor> = {};
      for (const { name } of program.inputs) {
        const value = inputs[name];
        if (value !== undefined) feeds[name] = toTensor(value);
      }
      for (const { name, shape } of shapeInputs) {
        const vector = BigInt64Array.from(sizesOf(shape, sizes), BigInt);
        feeds[name] = new Tensor("int64", vector, [vector.length]);
      }
      const fetches: Record<string, Tensor | null> = {};
      for (const { name, tensor } of program.outputs) {
        const target = into[name];
        if (target !== undefined)
          checkTarget(program.name, name, target, sizesOf(tensor.shape, sizes));
        fetches[name] = target === undefined ? null : toTensor(target);
      }
      const results = await asRuntimeError(program.name, () => session.run(feeds, fetches));
      return Object.fromEntries(
        program.outputs.map(({ name }) => [
          name,
          into[name] ?? fromTensor(program.name, name, results[name]),
        ]),
      );
    },
    release: () => session.release(),
  };
}

function makeTensor({ data, shape }: TensorValue): Tensor {
  if (data instanceof Float32Array) return new Tensor("float32", data, shape);
  if (data instanceof Int32Array) return new Tensor("int32", data, shape);
  return new Tensor("float32", Float32Array.from(data), shape);
}

function fromTensor(program: string, name: string, tensor: Tensor | undefined): TensorValue {
  const data = tensor?.data;
  if (tensor === undefined || !(data instanceof Float32Array || data instanceof Int32Array)) {
    throw new CounterweightError("runtime", `the output "${name}" did not come back.`, {
      where: program,
    });
  }
  return { data, shape: [...tensor.dims] };
}

async function asRuntimeError<T>(program: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CounterweightError("runtime", `ONNX Runtime refused: ${reason}`, {
      where: program,
      cause,
    });
  }
}
