import {
  add,
  concatenate,
  constant,
  fill,
  multiply,
  type OperationName,
  reduceSum,
  reshape,
  slice,
  transpose,
} from "@counterweight/graph";
import { type CaseMaker, floats, get, known, shapeOf, size, sizeOrEmpty } from "./case.js";

/** Operations that make, move or add up cells. */
export const shapeCases = {
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
} as const satisfies Partial<Record<OperationName, CaseMaker>>;
