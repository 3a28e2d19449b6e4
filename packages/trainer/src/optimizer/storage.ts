import { CounterweightError } from "@counterweight/base";
import { type Arena, type Block, blockBytes, createArena } from "../kernels/arena.js";
import type { Kernels } from "../kernels/kernels.js";

/** A trained tensor. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** An embedding table `[rows, width]` whose gradient comes per token. At most one has this. */
  readonly sparseRows?: boolean;
}

type Floats = Block<Float32Array<ArrayBuffer>>;
type Integers = Block<Int32Array<ArrayBuffer>>;

interface CommonStorage {
  readonly name: string;
  readonly shape: readonly number[];
  readonly length: number;
  readonly kernels: Kernels;
  readonly value: Floats;
  /** Dense: the gradient, like `value`. Sparse: the tokens' gradients, `[maximumTokens, width]`. */
  readonly gradient: Floats;
  readonly firstMoment: Floats;
  readonly secondMoment: Floats;
}

/** Memory of a parameter with a gradient for every element: 16 bytes an element. */
export interface DenseStorage extends CommonStorage {
  readonly kind: "dense";
}

/** Memory of an embedding table: 12 bytes an element, 4 bytes an element of the token gradient. */
export interface SparseStorage extends CommonStorage {
  readonly kind: "sparse";
  readonly rows: number;
  readonly width: number;
  readonly maximumTokens: number;
  /** The batch's token ids, for the kernels. */
  readonly ids: Integers;
  /** `[rows]`: the batch's first token of a row, or -1; all -1 between steps. */
  readonly firstToken: Integers;
  /** The batch's rows in order of first occurrence. */
  readonly batchRows: Integers;
  /** `[rows]`: 0 where a row ever had a gradient (its moments may differ from zero), else -1. */
  readonly touched: Integers;
  /** A row of zeros: the gradient of rows that are not in the batch. */
  readonly zeros: Floats;
}

export type ParameterStorage = DenseStorage | SparseStorage;

/** Arenas stay below 2 GiB so that byte offsets fit a signed 32-bit number. */
const ARENA_BYTES = 1.9 * 2 ** 30;

/** What WebAssembly can address: the limit for a single parameter with its moments. */
const LARGEST_ARENA_BYTES = 2 ** 32 - 2 ** 16;

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function checkSpecs(specs: readonly ParameterSpec[]): void {
  const names = new Set<string>();
  let sparse = 0;
  for (const { name, shape, sparseRows } of specs) {
    if (names.has(name)) {
      throw new CounterweightError("internal", `two parameters are named "${name}"`);
    }
    names.add(name);
    if (shape.some((size) => !Number.isSafeInteger(size) || size < 1)) {
      throw new CounterweightError("shape", `parameter "${name}" has shape [${shape}].`);
    }
    if (sparseRows === true) sparse += 1;
    if (sparseRows === true && shape.length !== 2) {
      throw new CounterweightError(
        "shape",
        `parameter "${name}" with sparse rows needs shape [rows, width], got [${shape}].`,
      );
    }
  }
  if (sparse > 1) {
    throw new CounterweightError("internal", "more than one parameter has sparse rows");
  }
}

function storageBytes(spec: ParameterSpec, maximumTokens: number): number {
  const length = elements(spec.shape);
  if (spec.sparseRows !== true) return 4 * blockBytes(length);
  const [rows = 0, width = 0] = spec.shape;
  return (
    3 * blockBytes(length) +
    blockBytes(maximumTokens * width) +
    2 * blockBytes(maximumTokens) +
    2 * blockBytes(rows) +
    blockBytes(width)
  );
}

function allocate(spec: ParameterSpec, maximumTokens: number, arena: Arena): ParameterStorage {
  const { name, shape } = spec;
  const length = elements(shape);
  const [rows = 0, width = 0] = shape;
  const sparse = spec.sparseRows === true;
  const common = {
    name,
    shape: [...shape],
    length,
    kernels: arena.kernels,
    value: arena.floats(length),
    gradient: arena.floats(sparse ? maximumTokens * width : length),
    firstMoment: arena.floats(length),
    secondMoment: arena.floats(length),
  };
  if (!sparse) return { kind: "dense", ...common };
  const firstToken = arena.integers(rows);
  firstToken.view.fill(-1);
  const touched = arena.integers(rows);
  touched.view.fill(-1);
  return {
    kind: "sparse",
    ...common,
    rows,
    width,
    maximumTokens,
    ids: arena.integers(maximumTokens),
    firstToken,
    batchRows: arena.integers(maximumTokens),
    touched,
    zeros: arena.floats(width),
  };
}

/**
 * Zeroed memory for parameters, in the order given, in as few arenas of `arenaBytes` as hold them;
 * a larger parameter gets an arena of its own. Throws "shape" for a bad shape and "model" for a
 * parameter past the 4 GiB that WebAssembly addresses.
 */
export function allocateParameters(
  specs: readonly ParameterSpec[],
  maximumTokens: number,
  arenaBytes: number = ARENA_BYTES,
): ParameterStorage[] {
  checkSpecs(specs);
  if (!Number.isSafeInteger(maximumTokens) || maximumTokens < 0) {
    throw new CounterweightError("internal", `maximumTokens is ${maximumTokens}`);
  }
  const groups: { specs: ParameterSpec[]; bytes: number }[] = [];
  for (const spec of specs) {
    const bytes = storageBytes(spec, maximumTokens);
    if (bytes > LARGEST_ARENA_BYTES) {
      throw new CounterweightError(
        "model",
        `parameter "${spec.name}" [${spec.shape}] needs ${bytes} bytes with its moments, more than 4 GiB.`,
        { fix: "Use a smaller vocabulary or model." },
      );
    }
    const group = groups.at(-1);
    if (group === undefined || group.bytes + bytes > arenaBytes) {
      groups.push({ specs: [spec], bytes });
    } else {
      group.specs.push(spec);
      group.bytes += bytes;
    }
  }
  return groups.flatMap((group) => {
    const arena = createArena(group.bytes);
    return group.specs.map((spec) => allocate(spec, maximumTokens, arena));
  });
}
