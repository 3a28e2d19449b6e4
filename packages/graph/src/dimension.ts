import { CounterweightError } from "@counterweight/base";

/**
 * One axis of a shape: a known size, or a product of named sizes such as `"rows"` or
 * `"12*longest*rows"` (factor first, names sorted) that is known when the program runs.
 */
export type Dimension = number | string;

/** A shape; `[]` is a scalar. */
export type Shape = readonly Dimension[];

/** Named sizes as bound by the inputs of one run. */
export type Sizes = ReadonlyMap<string, number>;

interface Monomial {
  readonly factor: number;
  readonly names: readonly string[];
}

function parse(dimension: Dimension): Monomial {
  if (typeof dimension === "number") return { factor: dimension, names: [] };
  let factor = 1;
  const names: string[] = [];
  for (const part of dimension.split("*")) {
    if (/^\d+$/.test(part)) factor *= Number(part);
    else names.push(part);
  }
  return { factor, names: names.sort() };
}

function format({ factor, names }: Monomial): Dimension {
  if (factor === 0 || names.length === 0) return factor;
  return factor === 1 ? names.join("*") : [factor, ...names].join("*");
}

/** Product of dimensions in canonical form; `1` for none. */
export function product(dimensions: readonly Dimension[]): Dimension {
  let factor = 1;
  const names: string[] = [];
  for (const dimension of dimensions) {
    const part = parse(dimension);
    factor *= part.factor;
    names.push(...part.names);
  }
  return format({ factor, names: names.sort() });
}

/** The size of a dimension under bound names; throws `shape` when a name is unbound. */
export function sizeOf(dimension: Dimension, sizes: Sizes): number {
  const { factor, names } = parse(dimension);
  return names.reduce((total, name) => {
    const size = sizes.get(name);
    if (size === undefined) {
      throw new CounterweightError("shape", `the size "${name}" is not given by any input.`);
    }
    return total * size;
  }, factor);
}

/** All sizes of a shape under bound names. */
export function sizesOf(shape: Shape, sizes: Sizes): number[] {
  return shape.map((dimension) => sizeOf(dimension, sizes));
}

/** Number of cells of a concrete shape. */
export function cellCount(shape: readonly number[]): number {
  return shape.reduce((total, size) => total * size, 1);
}

/** `[tokens, 384]`, as messages show it. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Whether two shapes are the same for every binding of the names. */
export function sameShape(left: Shape, right: Shape): boolean {
  return left.length === right.length && left.every((dimension, axis) => dimension === right[axis]);
}

/**
 * NumPy broadcasting. Throws `shape` naming the operation when two axes differ and neither is 1.
 */
export function broadcastShapes(operation: string, left: Shape, right: Shape): Shape {
  const rank = Math.max(left.length, right.length);
  const result: Dimension[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const a = left[axis - rank + left.length] ?? 1;
    const b = right[axis - rank + right.length] ?? 1;
    if (a !== b && a !== 1 && b !== 1) {
      throw shapeError(
        operation,
        "shapes that broadcast",
        `${formatShape(left)} and ${formatShape(right)}`,
      );
    }
    result.push(a === 1 ? b : a);
  }
  return result;
}

/** `add: needed shapes that broadcast, got [2, 3] and [4]`. */
export function shapeError(operation: string, needed: string, got: string): CounterweightError {
  return new CounterweightError("shape", `needed ${needed}, got ${got}.`, { where: operation });
}
