import { CounterweightError } from "@counterweight/base";
import { type Address, createKernelMemory, type Kernels } from "./kernels.js";

/** Every block starts on a cache line, which is also what ONNX Runtime's own buffers do. */
const ALIGNMENT = 64;

/** The first bytes stay unused by blocks: address 0 means "none", the rest is scratch. */
const RESERVED_BYTES = 256;

/** Scratch of the mask kernel: 128 bytes inside the reserved head of an arena. */
export const SCRATCH_ADDRESS: Address = 64;

/** A block of an arena: where the kernels find it, and the same memory as a typed array. */
export interface Block<View> {
  readonly address: Address;
  readonly view: View;
}

/**
 * A fixed piece of WebAssembly memory handed out from front to back. ONNX Runtime
 * reads and writes tensors over its views in place.
 */
export interface Arena {
  readonly kernels: Kernels;
  readonly freeBytes: number;
  /** `length` float32 elements, zero until the arena is first reset. */
  floats(length: number): Block<Float32Array<ArrayBuffer>>;
  /** `length` int32 elements, zero until the arena is first reset. */
  integers(length: number): Block<Int32Array<ArrayBuffer>>;
  /** Hands all memory out anew: blocks taken before will share it with later ones. */
  reset(): void;
}

/** Bytes that `length` 4-byte elements take in an arena. */
export function blockBytes(length: number): number {
  return Math.ceil((length * 4) / ALIGNMENT) * ALIGNMENT;
}

/** An arena with room for blocks of `bytes` bytes in all (see `blockBytes`). */
export function createArena(bytes: number): Arena {
  const { kernels, buffer } = createKernelMemory(bytes + RESERVED_BYTES);
  const end = bytes + RESERVED_BYTES;
  let next = RESERVED_BYTES;
  const take = (length: number): Address => {
    const address = next;
    if (address + blockBytes(length) > end) {
      throw new CounterweightError("internal", `arena: ${length} elements do not fit`);
    }
    next += blockBytes(length);
    return address;
  };
  return {
    kernels,
    get freeBytes() {
      return end - next;
    },
    floats(length) {
      const address = take(length);
      return { address, view: new Float32Array(buffer, address, length) };
    },
    integers(length) {
      const address = take(length);
      return { address, view: new Int32Array(buffer, address, length) };
    },
    reset() {
      next = RESERVED_BYTES;
    },
  };
}
