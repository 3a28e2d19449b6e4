import type { Random } from "@counterweight/base";
import {
  gather,
  layerNorm,
  logSoftmax,
  type OperationName,
  oneHot,
  pack,
  pick,
  scatterAdd,
  softmax,
  type Tensor,
  unpack,
} from "@counterweight/graph";
import {
  type CaseMaker,
  floats,
  get,
  integers,
  known,
  shapeOf,
  size,
  sizeOrEmpty,
} from "./case.js";

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

/** Operations on rows: by index, between packings, and along the last axis. */
export const rowsCases = {
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
  softmax: rowsCase(softmax),
  logSoftmax: rowsCase(logSoftmax),
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
} as const satisfies Partial<Record<OperationName, CaseMaker>>;
