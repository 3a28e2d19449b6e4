import { CounterweightError } from "@counterweight/base";
import { kernelsBase64 } from "./kernels.generated.js";

/** Byte offset in an arena's memory. */
export type Address = number;

/** The scalars of AdamW in the order that the kernels take them; each is rounded to float32. */
export type AdamwScalars = readonly [
  gradientFactor: number,
  decayFactor: number,
  oneMinusBeta1: number,
  beta2: number,
  oneMinusBeta2: number,
  rootBias2: number,
  epsilon: number,
  stepSize: number,
];

/**
 * What the WebAssembly module exports; formulas and layouts are documented in `assembly/*.ts`.
 * Lengths count float32 elements, rows or tokens. Nothing is checked there: callers do.
 */
export interface Kernels {
  sumOfSquares(x: Address, length: number): number;
  adamw(
    value: Address,
    gradient: Address,
    firstMoment: Address,
    secondMoment: Address,
    length: number,
    ...scalars: AdamwScalars
  ): void;
  adamwRows(
    value: Address,
    tokenGradient: Address,
    firstMoment: Address,
    secondMoment: Address,
    width: number,
    rows: number,
    selection: Address,
    firstToken: Address,
    zeros: Address,
    ...scalars: AdamwScalars
  ): void;
  sgd(
    value: Address,
    gradient: Address,
    length: number,
    gradientFactor: number,
    weightDecay: number,
    learningRate: number,
  ): void;
  sgdMomentum(
    value: Address,
    gradient: Address,
    buffer: Address,
    length: number,
    gradientFactor: number,
    weightDecay: number,
    momentum: number,
    learningRate: number,
  ): void;
  sgdRows(
    value: Address,
    tokenGradient: Address,
    buffer: Address,
    width: number,
    rows: number,
    selection: Address,
    firstToken: Address,
    zeros: Address,
    gradientFactor: number,
    weightDecay: number,
    momentum: number,
    learningRate: number,
  ): void;
  sumTokens(
    tokenGradient: Address,
    ids: Address,
    tokens: number,
    width: number,
    firstToken: Address,
    batchRows: Address,
  ): number;
  sumOfSquaresRows(
    tokenGradient: Address,
    width: number,
    batchRows: Address,
    rowCount: number,
    firstToken: Address,
  ): number;
  forgetTokens(batchRows: Address, rowCount: number, firstToken: Address): void;
  drawMask(
    target: Address,
    firstCell: number,
    cells: number,
    counter1: number,
    counter2: number,
    counter3: number,
    key0: number,
    key1: number,
    threshold: number,
    scale: number,
    scratch: Address,
  ): void;
}

/** The part of the WebAssembly API used here; Node's type declarations leave it out. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number; maximum: number }) => { buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { env: { memory: object } },
  ) => { exports: unknown };
};

const PAGE_BYTES = 65536;

/** Kernels bound to a memory of their own, which never grows, so views of it stay valid. */
export interface KernelMemory {
  readonly kernels: Kernels;
  readonly buffer: ArrayBuffer;
}

/**
 * A zeroed memory of at least `bytes` bytes (at most 4 GiB) with its kernels. The system hands out
 * pages of it when they are first written. Throws "runtime" where the memory cannot be reserved.
 */
export function createKernelMemory(bytes: number): KernelMemory {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const module = new WebAssembly.Module(Buffer.from(kernelsBase64, "base64"));
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    // The one place where the compiled module meets its TypeScript declaration.
    return { kernels: instance.exports as Kernels, buffer: memory.buffer };
  } catch (cause) {
    throw new CounterweightError("runtime", `no memory block of ${bytes} bytes could be made.`, {
      fix: "Train a smaller model, or give the process more memory.",
      cause,
    });
  }
}
