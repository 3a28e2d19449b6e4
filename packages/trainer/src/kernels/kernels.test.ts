import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blockBytes, createArena } from "./arena.js";

const floats = (minimum: number) =>
  fc.float32Array({ minLength: minimum, maxLength: 70, noNaN: true, noDefaultInfinity: true });

describe("sumOfSquares", () => {
  it("is the float64 sum of exact squares, whatever the length and alignment", () => {
    fc.assert(
      fc.property(floats(0), fc.nat(3), (values, shift) => {
        const arena = createArena(blockBytes(values.length + 3));
        const block = arena.floats(values.length + 3);
        block.view.set(values, shift);
        const exact = values.reduce((sum, value) => sum + value * value, 0);
        const found = arena.kernels.sumOfSquares(block.address + 4 * shift, values.length);
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(1e-14 * exact);
      }),
    );
  });

  it("stays within 1e-12 over a million values", () => {
    const length = 1_000_003;
    const arena = createArena(blockBytes(length));
    const { address, view } = arena.floats(length);
    for (let index = 0; index < length; index++) view[index] = Math.sin(index) * 1e-3;
    const exact = view.reduce((sum, value) => sum + value * value, 0);
    expect(arena.kernels.sumOfSquares(address, length) / exact).toBeCloseTo(1, 12);
  });
});

describe("adamw", () => {
  it("gives an element the same bits in a vector lane and in the tail, and writes no further", () => {
    fc.assert(
      fc.property(floats(1), fc.nat(1000), (gradients, step) => {
        const { length } = gradients;
        const arena = createArena(5 * blockBytes(length + 8));
        const run = (at: number, start: number, count: number): number[] => {
          const blocks = [0, 1, 2, 3].map(() => arena.floats(count + 4));
          const [value, gradient, first, second] = blocks;
          if (!value || !gradient || !first || !second) throw new Error("four blocks");
          for (let index = 0; index < count + 4; index++) {
            value.view[index] = start + index + 0.3;
            gradient.view[index] = gradients[start + index] ?? 1;
            second.view[index] = 0.7;
          }
          const scalars = [0.5, 0.999, 0.1, 0.999, 0.001, 0.25 + at, 1e-8, 0.01] as const;
          arena.kernels.adamw(
            value.address,
            gradient.address,
            first.address,
            second.address,
            count,
            ...scalars,
          );
          for (let index = count; index < count + 4; index++) {
            expect(value.view[index]).toBe(Math.fround(start + index + 0.3));
            expect(first.view[index]).toBe(0);
          }
          const result = blocks.flatMap(({ view }) => [view[0] ?? 0]);
          const all = count === 1 ? result : [...value.view.slice(0, count)];
          arena.reset();
          for (const { view } of blocks) view.fill(0);
          return all;
        };
        const together = run(step, 0, length);
        if (length === 1) return;
        together.forEach((value, index) => {
          expect(run(step, index, 1)[0]).toBe(value);
        });
      }),
      { numRuns: 40 },
    );
  });

  it("lets the moments of unused elements reach zero instead of staying subnormal", () => {
    const arena = createArena(4 * blockBytes(5));
    const [value, gradient, first, second] = [0, 1, 2, 3].map(() => arena.floats(5));
    if (!value || !gradient || !first || !second) throw new Error("four blocks");
    first.view.fill(1e-37);
    second.view.fill(1e-37);
    for (let step = 0; step < 3000; step++) {
      arena.kernels.adamw(
        value.address,
        gradient.address,
        first.address,
        second.address,
        5,
        ...([1, 1, 0.1, 0.999, 0.001, 1, 1e-8, 1e-3] as const),
      );
    }
    expect(first.view).toEqual(new Float32Array(5));
    expect(second.view).toEqual(new Float32Array(5));
  });
});

describe("createArena", () => {
  it("aligns blocks to 64 bytes, apart from each other, and refuses what does not fit", () => {
    const arena = createArena(blockBytes(5) + blockBytes(1) + blockBytes(40));
    const blocks = [arena.floats(5), arena.integers(1), arena.floats(40)];
    expect(blocks.map(({ address }) => address % 64)).toEqual([0, 0, 0]);
    expect(new Set(blocks.map(({ address }) => address)).size).toBe(3);
    expect(arena.freeBytes).toBe(0);
    expect(() => arena.floats(1)).toThrow(/do not fit/);
  });
});
