import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { at, CounterweightError } from "@counterweight/base";
import { type ParameterTensor, readSafetensors } from "@counterweight/bert";
import type { StoredParameter } from "../optimizer/index.js";
import type { TrainingCheckpoint } from "./training-checkpoint.js";

/** What of a checkpoint is tensors; the rest is a few numbers. */
export type CheckpointTensors = Pick<TrainingCheckpoint, "weights" | "logProbability"> & {
  readonly parameters: readonly StoredParameter[];
  readonly touchedRows: Int32Array;
  /** Values of the best epoch; null where there is none or they are the parameters' own. */
  readonly best: readonly Float32Array[] | null;
};

/** How a file is known again. */
export interface FileDigest {
  readonly bytes: number;
  readonly sha256: string;
}

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Written and hashed this much at a time. */
const CHUNK_BYTES = 2 ** 24;

/** Vocabulary ids are kept as float32, which counts to here. */
const LARGEST_ID = 2 ** 24;

const columns = { weights: "row-weights", logProbability: "row-log-probabilities" } as const;
const touchedRowsName = "touched-rows";
const groups = {
  value: "parameters",
  firstMoment: "first-moments",
  secondMoment: "second-moments",
} as const;
type Group = keyof typeof groups;
const groupKeys: readonly Group[] = ["value", "firstMoment", "secondMoment"];
const bestGroup = "best";

/** Shape of a parameter's tensor: a sparse parameter's moments have the touched rows alone. */
function shapeOf({ shape }: StoredParameter, values: Float32Array): readonly number[] {
  const length = shape.reduce((product, size) => product * size, 1);
  const [, width = 1] = shape;
  return values.length === length ? shape : [values.length / width, width];
}

function entriesOf({ parameters, touchedRows, best, ...rows }: CheckpointTensors): Entry[] {
  if (touchedRows.some((row) => row > LARGEST_ID)) {
    throw new CounterweightError("internal", "a checkpoint counts vocabulary ids to 2^24.");
  }
  return [
    ...groupKeys.flatMap((key) =>
      parameters.map((parameter) => ({
        name: `${groups[key]}/${parameter.name}`,
        shape: shapeOf(parameter, parameter[key]),
        values: parameter[key],
      })),
    ),
    ...(best ?? []).map((values, index) => {
      const { name, shape } = at(parameters, index);
      return { name: `${bestGroup}/${name}`, shape, values };
    }),
    { name: touchedRowsName, shape: [touchedRows.length], values: Float32Array.from(touchedRows) },
    { name: columns.weights, shape: [rows.weights.length], values: rows.weights },
    {
      name: columns.logProbability,
      shape: [rows.logProbability.length],
      values: rows.logProbability,
    },
  ];
}

/** The safetensors header: its length in 8 bytes, JSON, spaces up to a multiple of 8. */
function headerOf(entries: readonly Entry[]): Buffer {
  let end = 0;
  const described = entries.map(({ name, shape, values }) => {
    const begin = end;
    end += values.byteLength;
    return [name, { dtype: "F32", shape, data_offsets: [begin, end] }] as const;
  });
  const text = Buffer.from(JSON.stringify(Object.fromEntries(described)), "utf8");
  const header = Buffer.alloc(8 + Math.ceil(text.byteLength / 8) * 8, 0x20);
  header.writeBigUInt64LE(BigInt(header.byteLength - 8), 0);
  text.copy(header, 8);
  return header;
}

/**
 * Writes and syncs the tensors as one safetensors file, straight from the memory they lie in: no
 * copy of them is made, and each chunk is hashed while it is written.
 */
export async function writeState(path: string, tensors: CheckpointTensors): Promise<FileDigest> {
  const entries = entriesOf(tensors);
  const hash = createHash("sha256");
  let bytes = 0;
  const file = await open(path, "wx");
  const write = async (content: Uint8Array): Promise<void> => {
    for (let start = 0; start < content.byteLength; start += CHUNK_BYTES) {
      const chunk = content.subarray(start, start + CHUNK_BYTES);
      const writing = writeAll(file, chunk);
      hash.update(chunk);
      await writing;
      bytes += chunk.byteLength;
    }
  };
  try {
    await write(headerOf(entries));
    for (const { values } of entries) {
      await write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** A write may take only a part. */
async function writeAll(file: FileHandle, content: Uint8Array): Promise<void> {
  let done = 0;
  while (done < content.byteLength) {
    const { bytesWritten } = await file.write(content, done);
    done += bytesWritten;
  }
}

/** Size and hash of a file, a chunk in memory at a time. */
export async function digestOf(path: string): Promise<FileDigest> {
  const hash = createHash("sha256");
  let bytes = 0;
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(size, 1)));
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunk.byteLength, bytes);
      if (bytesRead === 0) break;
      hash.update(chunk.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest("hex") };
}

/**
 * Reads what `writeState` wrote; all tensors are views on one buffer. `names` are the parameters in
 * their order. Throws "model" where a tensor is missing.
 */
export async function readState(
  path: string,
  names: readonly string[],
  hasBest: boolean,
): Promise<CheckpointTensors> {
  const { tensors } = await readSafetensors(path);
  const tensor = (name: string): ParameterTensor => {
    const found = tensors.get(name);
    if (found === undefined) {
      throw new CounterweightError("model", `it has no tensor "${name}".`, { where: path });
    }
    return found;
  };
  return {
    parameters: names.map((name) => {
      const { shape, values } = tensor(`${groups.value}/${name}`);
      return {
        name,
        shape,
        value: values,
        firstMoment: tensor(`${groups.firstMoment}/${name}`).values,
        secondMoment: tensor(`${groups.secondMoment}/${name}`).values,
      };
    }),
    touchedRows: Int32Array.from(tensor(touchedRowsName).values),
    best: hasBest ? names.map((name) => tensor(`${bestGroup}/${name}`).values) : null,
    weights: tensor(columns.weights).values,
    logProbability: tensor(columns.logProbability).values,
  };
}
