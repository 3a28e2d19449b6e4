import { at, type Random } from "@counterweight/base";
import type { Shape, Tensor, TensorValue } from "@counterweight/graph";

/** One random application of an operation. */
export interface Case {
  /** Declared shapes (with named sizes where a program would have them) and values. */
  readonly inputs: Readonly<Record<string, { readonly shape: Shape; readonly value: TensorValue }>>;
  readonly build: (tensors: Readonly<Record<string, Tensor>>) => Tensor;
  /** Inputs whose gradient is checked; none where the operation has none. */
  readonly differentiable: readonly string[];
}

export type CaseMaker = (random: Random) => Case;

const sizesWithEmpty = [0, 1, 1, 2, 3, 5];
const sizes = [1, 1, 2, 3, 5];
export const size = (random: Random): number => at(sizes, random.integer(sizes.length));
export const sizeOrEmpty = (random: Random): number =>
  at(sizesWithEmpty, random.integer(sizesWithEmpty.length));
export const shapeOf = (random: Random, rank: number): number[] =>
  Array.from({ length: rank }, () => sizeOrEmpty(random));
const count = (shape: readonly number[]): number => shape.reduce((total, part) => total * part, 1);

export type Draw = (random: Random) => number;
export const anywhere: Draw = (random) => random.normal();
/** Away from zero, so that division and logarithms are well conditioned. */
export const positive: Draw = (random) => 0.3 + 2 * random.float();

export function floats(
  random: Random,
  shape: readonly number[],
  draw: Draw = anywhere,
): TensorValue {
  return {
    shape,
    data: Float64Array.from({ length: count(shape) }, () => Math.fround(draw(random))),
  };
}

export function integers(random: Random, length: number, limit: number): TensorValue {
  return { shape: [length], data: Int32Array.from({ length }, () => random.integer(limit)) };
}

export const known = (value: TensorValue): { shape: Shape; value: TensorValue } => ({
  shape: value.shape,
  value,
});
export const get = (tensors: Readonly<Record<string, Tensor>>, name: string): Tensor => {
  const tensor = tensors[name];
  if (tensor === undefined) throw new TypeError(`the case has no tensor ${name}`);
  return tensor;
};
