import { at } from "@counterweight/base";
import {
  add,
  clip,
  divide,
  erf,
  exp,
  gelu,
  log,
  multiply,
  type OperationName,
  power,
  relu,
  sqrt,
  step,
  stopGradient,
  subtract,
  type Tensor,
  tanh,
} from "@counterweight/graph";
import {
  anywhere,
  type CaseMaker,
  type Draw,
  floats,
  get,
  known,
  positive,
  shapeOf,
} from "./case.js";

/** On either side of zero, away from the kink. */
const eitherSide: Draw = (random) => (random.integer(2) === 0 ? 1 : -1) * positive(random);

const wholeSteps: Draw = (random) => random.integer(7) - 3;

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

/** Operations on each cell, with broadcasting. */
export const elementwiseCases = {
  add: binaryCase(add),
  subtract: binaryCase(subtract),
  multiply: binaryCase(multiply),
  divide: binaryCase(divide, positive),
  erf: unaryCase(erf),
  exp: unaryCase(exp),
  gelu: unaryCase(gelu),
  log: unaryCase(log, positive),
  relu: unaryCase(relu, eitherSide),
  sqrt: unaryCase(sqrt, positive),
  step: (random) => ({ ...unaryCase(step)(random), differentiable: [] }),
  tanh: unaryCase(tanh),
  stopGradient: (random) => ({ ...unaryCase(stopGradient)(random), differentiable: [] }),
  clip: (random) => {
    // A bound on either side or on both; cells lie a whole step from them.
    const [minimum, maximum] = at(
      [
        [-0.5, 1.5],
        [-0.5, Number.POSITIVE_INFINITY],
        [Number.NEGATIVE_INFINITY, 1.5],
      ] as const,
      random.integer(3),
    );
    return unaryCase((x) => clip(x, minimum, maximum), wholeSteps)(random);
  },
  power: (random) => {
    const exponent = at([0.5, 2, 3, -1, 1.7], random.integer(5));
    return unaryCase((x) => power(x, exponent), positive)(random);
  },
} as const satisfies Partial<Record<OperationName, CaseMaker>>;
