import { at, type Random } from "@counterweight/base";
import {
  add,
  concatenate,
  constant,
  divide,
  erf,
  exp,
  fill,
  gather,
  gelu,
  layerNorm,
  linear,
  log,
  logSoftmax,
  matmul,
  multiply,
  type OperationName,
  oneHot,
  pack,
  pick,
  power,
  reduceSum,
  reshape,
  type Shape,
  scatterAdd,
  slice,
  softmax,
  sqrt,
  stopGradient,
  subtract,
  type Tensor,
  type TensorValue,
  tanh,
  transpose,
  unpack,
} from "@counterweight/graph";

/** One random application of an operation. */
export interface Case {
  /** Declared shapes (with named sizes where a program would have them) and values. */
  readonly inputs: Readonly<Record<string, { readonly shape: Shape; readonly value: TensorValue }>>;
  readonly build: (tensors: Readonly<Record<string, Tensor>>) => Tensor;
  /** Inputs whose gradient is checked; none where the operation has none. */
  readonly differentiable: readonly string[];
}

type CaseMaker = (random: Random) => Case;

const sizesWithEmpty = [0, 1, 1, 2, 3, 5];
const sizes = [1, 1, 2, 3, 5];
const size = (random: Random): number => at(sizes, random.integer(sizes.length));
const sizeOrEmpty = (random: Random): number =>
  at(sizesWithEmpty, random.integer(sizesWithEmpty.length));
const shapeOf = (random: Random, rank: number): number[] =>
  Array.from({ length: rank }, () => sizeOrEmpty(random));
const count = (shape: readonly number[]): number => shape.reduce((total, part) => total * part, 1);

type Draw = (random: Random) => number;
const anywhere: Draw = (random) => random.normal();
/** Away from zero, so that division and logarithms are well conditioned. */
const positive: Draw = (random) => 0.3 + 2 * random.float();

function floats(random: Random, shape: readonly number[], draw: Draw = anywhere): TensorValue {
  return {
    shape,
    data: Float64Array.from({ length: count(shape) }, () => Math.fround(draw(random))),
  };
}

function integers(random: Random, length: number, limit: number): TensorValue {
  return { shape: [length], data: Int32Array.from({ length }, () => random.integer(limit)) };
}

const known = (value: TensorValue): { shape: Shape; value: TensorValue } => ({
  shape: value.shape,
  value,
});
const get = (tensors: Readonly<Record<string, Tensor>>, name: string): Tensor => {
  const tensor = tensors[name];
  if (tensor === undefined) throw new TypeError(`the case has no tensor ${name}`);
  return tensor;
};

function unaryCase(operation: (x: Tensor) => Tensor, draw: Draw = anywhere, rank = 3): CaseMaker {
  return (random) => {
    const value = floats(random, shapeOf(random, random.integer(rank + 1)), draw);
    return {
      inputs: { x: known(value) },
      build: (tensors) => operation(get(tensors, "x")),
      differentiable: ["x"],
    };
  };
}

function binaryCase(
  operation: (x: Tensor, y: Tensor) => Tensor,
  right: Draw = anywhere,
): CaseMaker {
  return (random) => {
    const full = shapeOf(random, 1 + random.integer(3));
    // Each side keeps or drops axes and shrinks some to 1; together they span the full shape.
    const narrow = (): number[] =>
      full
        .slice(random.integer(2) * random.integer(full.length))
        .map((part) => (random.integer(3) === 0 ? 1 : part));
    const [x, y] = random.integer(2) === 0 ? [full, narrow()] : [narrow(), full];
    return {
      inputs: { x: known(floats(random, x)), y: known(floats(random, y, right)) },
      build: (tensors) => operation(get(tensors, "x"), get(tensors, "y")),
      differentiable: ["x", "y"],
    };
  };
}

/** Rows whose last axis is not empty: softmax of nothing has no value. */
function rowsCase(operation: (x: Tensor) => Tensor): CaseMaker {
  return (random) => {
    const value = floats(random, [...shapeOf(random, random.integer(3)), size(random)]);
    return {
      inputs: { x: known(value) },
      build: (tensors) => operation(get(tensors, "x")),
      differentiable: ["x"],
    };
  };
}

const matmulCase: CaseMaker = (random) => {
  const [batch, heads, m, n, k] = [
    size(random),
    size(random),
    sizeOrEmpty(random),
    size(random),
    size(random),
  ];
  const flat = random.integer(3) === 0;
  const alpha = random.integer(2) === 0 ? 1 : 0.37;
  const transposeLeft = random.integer(2) === 0;
  const transposeRight = random.integer(2) === 0;
  const side = (rows: number, columns: number): { shape: number[]; rowsFirst: boolean } => {
    if (flat) return { shape: [rows, columns], rowsFirst: false };
    const rowsFirst = random.integer(2) === 0;
    return {
      shape: rowsFirst ? [rows, batch, heads, columns] : [batch, heads, rows, columns],
      rowsFirst,
    };
  };
  const left = transposeLeft ? side(k, m) : side(m, k);
  const right = transposeRight ? side(n, k) : side(k, n);
  const view = (x: Tensor, rowsFirst: boolean): Tensor =>
    rowsFirst ? transpose(x, [1, 2, 0, 3]) : x;
  return {
    inputs: { x: known(floats(random, left.shape)), y: known(floats(random, right.shape)) },
    build: (tensors) =>
      matmul(view(get(tensors, "x"), left.rowsFirst), view(get(tensors, "y"), right.rowsFirst), {
        transposeLeft,
        transposeRight,
        alpha,
      }),
    differentiable: ["x", "y"],
  };
};

/** Rows of random lengths (with or without padding cells) and the two indices between them. */
function packing(random: Random): {
  tokens: number;
  cells: number;
  tokenCell: Int32Array;
  cellToken: Int32Array;
} {
  const equal = random.integer(3) === 0;
  const first = size(random);
  const lengths = Array.from({ length: size(random) }, () => (equal ? first : size(random)));
  const longest = Math.max(...lengths);
  const cellToken = new Int32Array(lengths.length * longest).fill(-1);
  const tokenCell: number[] = [];
  lengths.forEach((length, row) => {
    for (let column = 0; column < length; column++) {
      cellToken[row * longest + column] = tokenCell.length;
      tokenCell.push(row * longest + column);
    }
  });
  return {
    tokens: tokenCell.length,
    cells: cellToken.length,
    tokenCell: Int32Array.from(tokenCell),
    cellToken,
  };
}

function packCase(direction: "pack" | "unpack"): CaseMaker {
  return (random) => {
    const { tokens, cells, tokenCell, cellToken } = packing(random);
    const width = size(random);
    const rows = direction === "pack" ? cells : tokens;
    return {
      inputs: {
        x: {
          shape: [direction === "pack" ? "cells" : "tokens", width],
          value: floats(random, [rows, width]),
        },
        tokenCell: { shape: ["tokens"], value: { shape: [tokens], data: tokenCell } },
        cellToken: { shape: ["cells"], value: { shape: [cells], data: cellToken } },
      },
      build: (tensors) => {
        const move = direction === "pack" ? pack : unpack;
        return move(get(tensors, "x"), get(tensors, "tokenCell"), get(tensors, "cellToken"));
      },
      // Padding cells are dropped by pack: their gradient is zero, which differences see as well.
      differentiable: ["x"],
    };
  };
}

/** A case for every operation; a new operation does not compile before it has one. */
export const cases: Readonly<Record<OperationName, CaseMaker>> = {
  add: binaryCase(add),
  subtract: binaryCase(subtract),
  multiply: binaryCase(multiply),
  divide: binaryCase(divide, positive),
  erf: unaryCase(erf),
  exp: unaryCase(exp),
  gelu: unaryCase(gelu),
  log: unaryCase(log, positive),
  sqrt: unaryCase(sqrt, positive),
  tanh: unaryCase(tanh),
  stopGradient: (random) => ({ ...unaryCase(stopGradient)(random), differentiable: [] }),
  power: (random) => {
    const exponent = at([0.5, 2, 3, -1, 1.7], random.integer(5));
    return unaryCase((x) => power(x, exponent), positive)(random);
  },
  softmax: rowsCase(softmax),
  logSoftmax: rowsCase(logSoftmax),
  constant: (random) => {
    const shape = [size(random), size(random)];
    const { data } = floats(random, shape);
    return {
      inputs: { x: known(floats(random, shape)) },
      build: (tensors) => add(get(tensors, "x"), constant([...data], shape)),
      differentiable: ["x"],
    };
  },
  fill: (random) => {
    const value = floats(random, [sizeOrEmpty(random), size(random)]);
    return {
      inputs: { x: { shape: ["n", value.shape[1] ?? 1], value } },
      build: (tensors) => multiply(get(tensors, "x"), fill(0.7, ["n", value.shape[1] ?? 1])),
      differentiable: ["x"],
    };
  },
  reduceSum: (random) => {
    const shape = shapeOf(random, 1 + random.integer(3));
    const axes = shape.map((_, axis) => axis).filter(() => random.integer(2) === 0);
    const chosen = axes.length === 0 ? [0] : axes;
    const keepAxes = random.integer(2) === 0;
    return {
      inputs: { x: known(floats(random, shape)) },
      build: (tensors) => reduceSum(get(tensors, "x"), chosen, keepAxes),
      differentiable: ["x"],
    };
  },
  reshape: (random) => {
    const [n, m, k] = [sizeOrEmpty(random), size(random), size(random)];
    return {
      inputs: { x: { shape: ["n", m, k], value: floats(random, [n, m, k]) } },
      build: (tensors) =>
        reshape(
          get(tensors, "x"),
          [k, `${m}*n`].map((part) => (part === "1*n" ? "n" : part)),
        ),
      differentiable: ["x"],
    };
  },
  transpose: (random) => {
    const shape = shapeOf(random, 1 + random.integer(4));
    const order = random.shuffled(shape.map((_, axis) => axis));
    return {
      inputs: { x: known(floats(random, shape)) },
      build: (tensors) => transpose(get(tensors, "x"), order),
      differentiable: ["x"],
    };
  },
  concatenate: (random) => {
    const width = size(random);
    const parts = Array.from({ length: 1 + random.integer(3) }, (_, index) => {
      const value = floats(random, [sizeOrEmpty(random), width]);
      return [`part${index}`, known(value)] as const;
    });
    return {
      inputs: Object.fromEntries(parts),
      build: (tensors) => concatenate(parts.map(([name]) => get(tensors, name))),
      differentiable: parts.map(([name]) => name),
    };
  },
  slice: (random) => {
    const [rows, width] = [sizeOrEmpty(random), size(random)];
    const start = random.integer(rows + 1);
    const end = start + random.integer(rows - start + 1);
    return {
      inputs: { x: known(floats(random, [rows, width])) },
      build: (tensors) => slice(get(tensors, "x"), start, end),
      differentiable: ["x"],
    };
  },
  gather: (random) => {
    const [rows, width, picked] = [size(random), size(random), sizeOrEmpty(random)];
    return {
      inputs: {
        table: { shape: ["rows", width], value: floats(random, [rows, width]) },
        index: { shape: ["picked"], value: integers(random, picked, rows) },
      },
      build: (tensors) => gather(get(tensors, "table"), get(tensors, "index")),
      differentiable: ["table"],
    };
  },
  scatterAdd: (random) => {
    const [rows, width, given] = [size(random), size(random), size(random)];
    return {
      inputs: {
        updates: { shape: ["given", width], value: floats(random, [given, width]) },
        index: { shape: ["given"], value: integers(random, given, rows) },
      },
      build: (tensors) => scatterAdd(get(tensors, "updates"), get(tensors, "index"), rows),
      differentiable: ["updates"],
    };
  },
  oneHot: (random) => {
    const [rows, classes] = [size(random), size(random)];
    return {
      inputs: { index: { shape: ["rows"], value: integers(random, rows, classes) } },
      build: (tensors) => oneHot(get(tensors, "index"), classes),
      differentiable: [],
    };
  },
  pick: (random) => {
    const [rows, classes] = [sizeOrEmpty(random), size(random)];
    return {
      inputs: {
        x: { shape: ["rows", classes], value: floats(random, [rows, classes]) },
        index: { shape: ["rows"], value: integers(random, rows, classes) },
      },
      build: (tensors) => pick(get(tensors, "x"), get(tensors, "index")),
      differentiable: ["x"],
    };
  },
  pack: packCase("pack"),
  unpack: packCase("unpack"),
  matmul: matmulCase,
  linear: (random) => {
    const [rows, inputs, outputs] = [sizeOrEmpty(random), size(random), size(random)];
    return {
      inputs: {
        x: { shape: ["rows", inputs], value: floats(random, [rows, inputs]) },
        weight: known(floats(random, [outputs, inputs])),
        bias: known(floats(random, [outputs])),
      },
      build: (tensors) => linear(get(tensors, "x"), get(tensors, "weight"), get(tensors, "bias")),
      differentiable: ["x", "weight", "bias"],
    };
  },
  layerNorm: (random) => {
    const [rows, width] = [sizeOrEmpty(random), 2 + random.integer(6)];
    return {
      inputs: {
        x: { shape: ["rows", width], value: floats(random, [rows, width]) },
        gain: known(floats(random, [width])),
        bias: known(floats(random, [width])),
      },
      // A large epsilon: rows that happen to be nearly constant stay well conditioned.
      build: (tensors) =>
        layerNorm(get(tensors, "x"), get(tensors, "gain"), get(tensors, "bias"), 1e-2),
      differentiable: ["x", "gain", "bias"],
    };
  },
};
