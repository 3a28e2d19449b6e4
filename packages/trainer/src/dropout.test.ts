import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDropoutMasks, dropoutRate } from "./dropout.js";

interface Golden {
  published: { counter: number[]; key: number[]; words: number[] }[];
  masks: { seed: number; site: number; step: number; blocks: number[][] }[];
}

// Made by scripts/golden/philox.py, which holds its generator against Random123's known answers.
const golden: Golden = JSON.parse(
  readFileSync(new URL("../golden/philox.json", import.meta.url), "utf8"),
);

/** The 16 bits of a cell from its block's words, by the layout that `assembly/philox.ts` states. */
function cellBits(blocks: readonly (readonly number[])[], cell: number): number {
  const lane = cell % 8;
  const block = 4 * Math.floor(cell / 32) + (lane >> 1);
  const word = blocks[block]?.[Math.floor((cell % 32) / 8)] ?? Number.NaN;
  return lane % 2 === 0 ? word & 0xffff : word >>> 16;
}

describe("createDropoutMasks", () => {
  it.each(golden.masks)(
    "takes Philox4x32-7's bits for seed $seed, site $site, step $step",
    ({ seed, site, step, blocks }) => {
      const masks = createDropoutMasks(seed);
      const shape = [blocks.length * 8];
      for (let cell = 0; cell < blocks.length * 8; cell++) {
        // Kept at a threshold equal to its bits and dropped one above: so these are its bits.
        const bits = cellBits(blocks, cell);
        const [kept, dropped] = [bits, bits + 1].map((threshold) =>
          threshold === 65536
            ? 0
            : masks.draw({ step, site, rate: threshold / 65536, shape })[cell],
        );
        expect(kept).toBeGreaterThan(0);
        expect(dropped).toBe(0);
      }
    },
  );

  it("starts from the published vector of an all-zero counter and key", () => {
    const zero = golden.published.find(({ counter, key }) =>
      [...counter, ...key].every((word) => word === 0),
    );
    expect(golden.masks[0]?.blocks[0]).toEqual(zero?.words);
  });

  it("draws the same cells whole or in pieces", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 1, maxLength: 6 }),
        fc.nat(1000),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        (lengths, firstCell, rate) => {
          const masks = createDropoutMasks(7);
          const request = { step: 3, site: 5, rate };
          const total = lengths.reduce((sum, length) => sum + length, 0);
          const whole = masks.draw({ ...request, shape: [total], firstCell });
          const pieces: number[] = [];
          for (const length of lengths) {
            const start = firstCell + pieces.length;
            pieces.push(...masks.draw({ ...request, shape: [length], firstCell: start }));
          }
          expect(pieces).toEqual([...whole]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps the expected share, and neighbouring keys share no pattern", () => {
    const cells = 400_000;
    const draw = (seed: number, step: number, site: number): Float32Array =>
      createDropoutMasks(seed).draw({ step, site, rate: 0.1, shape: [cells] });
    const { threshold, scale } = dropoutRate(0.1);
    const keep = 1 - threshold / 65536;
    const deviation = Math.sqrt((keep * (1 - keep)) / cells);
    const base = draw(1, 1, 1);
    for (const other of [draw(2, 1, 1), draw(1, 2, 1), draw(1, 1, 2)]) {
      let kept = 0;
      let both = 0;
      other.forEach((value, index) => {
        if (value > 0) kept += 1;
        if (value > 0 && (base[index] ?? 0) > 0) both += 1;
      });
      expect(Math.abs(kept / cells - keep)).toBeLessThan(5 * deviation);
      expect(Math.abs(both / cells - keep * keep)).toBeLessThan(5 * deviation);
    }
    expect(new Set(base)).toEqual(new Set([0, Math.fround(scale)]));
    expect(keep * scale).toBeCloseTo(1, 15);
  });

  it("keeps a step's masks until the next step, however many there are", () => {
    const masks = createDropoutMasks(11);
    for (let step = 0; step < 3; step++) {
      const request = { step, rate: 0.5, shape: [50, 10_000] };
      const drawn = [0, 1, 2].map((site) => masks.draw({ ...request, site }));
      drawn.forEach((mask, site) => {
        const alone = createDropoutMasks(11).draw({ ...request, site });
        expect(
          Buffer.compare(
            Buffer.from(mask.buffer, mask.byteOffset, mask.byteLength),
            Buffer.from(alone.buffer, alone.byteOffset, alone.byteLength),
          ),
        ).toBe(0);
      });
    }
  });

  it("drops nothing at rate 0 and refuses rates outside [0, 1)", () => {
    const masks = createDropoutMasks(0);
    expect(masks.draw({ step: 0, site: 0, rate: 0, shape: [3] })).toEqual(
      new Float32Array([1, 1, 1]),
    );
    for (const rate of [-0.1, 1, Number.NaN]) {
      expect(() => masks.draw({ step: 0, site: 0, rate, shape: [3] })).toThrow(/dropout rate/);
    }
  });
});
