import { type FileHandle, open } from "node:fs/promises";
import { CounterweightError } from "@counterweight/base";
import { isFloatDtype, toFloat32 } from "./safetensors-dtypes.js";
import { headerLength, parseHeader } from "./safetensors-header.js";

/** A float32 tensor: row-major values, as many as the product of `shape`. */
export interface ParameterTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

/** What a safetensors file holds. */
export interface SafetensorsFile {
  /** Floating-point tensors (F32, F16, BF16, F64) as float32, in file order. */
  readonly tensors: ReadonlyMap<string, ParameterTensor>;
  /** Names of tensors of other types (I64 buffers such as `position_ids`), which are not read. */
  readonly skipped: readonly string[];
  /** Bytes of all tensors as they stand in the file. */
  readonly dataBytes: number;
  /** The header's `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** One read call takes at most 2^31 - 1 bytes. */
const CHUNK_BYTES = 2 ** 30;

async function fill(
  file: FileHandle,
  target: Uint8Array,
  from: number,
  path: string,
): Promise<void> {
  let done = 0;
  while (done < target.byteLength) {
    const length = Math.min(CHUNK_BYTES, target.byteLength - done);
    const { bytesRead } = await file.read(target, done, length, from + done);
    if (bytesRead === 0) {
      throw new CounterweightError("model", "The file became shorter while it was read.", {
        where: path,
      });
    }
    done += bytesRead;
  }
}

/**
 * Reads a safetensors file. The data section is read once, into one aligned buffer that the F32
 * tensors are views on (they do not overlap, so each may be changed in place).
 * The whole header is checked before anything of the claimed sizes is allocated.
 * @throws CounterweightError("model") for a file that is missing, damaged or hostile.
 */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (cause) {
    throw new CounterweightError("model", "Cannot open the safetensors file.", {
      where: path,
      cause,
    });
  }
  try {
    const information = await file.stat();
    if (!information.isFile()) {
      throw new CounterweightError("model", "Not a file.", { where: path });
    }
    const start = new Uint8Array(Math.min(8, information.size));
    await fill(file, start, 0, path);
    const length = headerLength(start, information.size, path);
    const headerBytes = new Uint8Array(length);
    await fill(file, headerBytes, 8, path);
    const dataBytes = information.size - 8 - length;
    const header = parseHeader(headerBytes, dataBytes, path);

    const data = new ArrayBuffer(dataBytes);
    await fill(file, new Uint8Array(data), 8 + length, path);
    const tensors = new Map<string, ParameterTensor>();
    const skipped: string[] = [];
    for (const { name, dtype, shape, begin, end } of header.entries) {
      if (isFloatDtype(dtype))
        tensors.set(name, { shape, values: toFloat32(data, begin, end, dtype) });
      else skipped.push(name);
    }
    return { tensors, skipped, dataBytes, metadata: header.metadata };
  } finally {
    await file.close();
  }
}
