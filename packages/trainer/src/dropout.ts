import { CounterweightError } from "@counterweight/base";
import { type Arena, blockBytes, createArena, SCRATCH_ADDRESS } from "./kernels/arena.js";

/** Random bits a cell: a rate is rounded to a multiple of 2^-16. */
const CELL_LEVELS = 65536;

/** Cells that one mask may have: the kernel counts them in 32 bits. */
const MAXIMUM_CELLS = 2 ** 30 - 64;

/** Blocks of masks are between these sizes; a step that needs more takes several. */
const SMALLEST_ARENA = 2 ** 20;
const LARGEST_ARENA = 2 ** 31;

/** A rate as the generator can keep it. */
export interface DropoutRate {
  /** A cell is dropped where its 16 random bits are below this: round(rate * 2^16). */
  readonly threshold: number;
  /** Value of a kept cell: 1 / (1 - threshold / 2^16), so that a mask's expected mean is 1. */
  readonly scale: number;
}

/** The 16-bit threshold for `rate` and its exact scale. Throws "spec" outside [0, 1 - 2^-16]. */
export function dropoutRate(rate: number): DropoutRate {
  const threshold = Math.round(rate * CELL_LEVELS);
  if (!(rate >= 0) || threshold >= CELL_LEVELS) {
    throw new CounterweightError("spec", `dropout rate ${rate} is not in [0, 1).`, {
      fix: "Use a share such as 0.1.",
    });
  }
  return { threshold, scale: CELL_LEVELS / (CELL_LEVELS - threshold) };
}

/** Which mask, and which part of it. */
export interface MaskRequest {
  /** Step of the run, 0 .. 2^32 - 1. */
  readonly step: number;
  /** Which dropout layer: a number that stays the same for the model's life. */
  readonly site: number;
  /** Share of cells to drop, in [0, 1). */
  readonly rate: number;
  /** Shape of what is drawn; cells are counted in row-major order. */
  readonly shape: readonly number[];
  /** Index in the mask of the first cell drawn, default 0: a mask may be drawn in pieces. */
  readonly firstCell?: number;
}

/** Draws dropout masks for one step after another. */
export interface DropoutMasks {
  /**
   * A mask: float32 in `shape`, 0 where dropped, else the rate's `scale`. A cell depends on (seed,
   * step, site, its index) and the rate alone. Masks of a step stay as they are until one of
   * another step is drawn; then their memory is used again.
   */
  draw(request: MaskRequest): Float32Array<ArrayBuffer>;
}

function requireCount(name: string, value: number, limit: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > limit) {
    throw new CounterweightError("internal", `dropout: ${name} ${value} is not in 0..${limit}`);
  }
}

/**
 * Masks from Philox4x32-7 (Salmon and others, SC11), a counter-based generator: key = the seed's 53
 * bits, counter = (block, site, step, 0). A block gives 128 bits, 16 to a cell. Masks live in
 * WebAssembly memory that is kept from step to step and grows to the largest step seen.
 */
export function createDropoutMasks(seed: number): DropoutMasks {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new CounterweightError("spec", `seed ${seed} is not a whole number from 0 to 2^53 - 1.`);
  }
  const key0 = seed % 2 ** 32;
  const key1 = Math.floor(seed / 2 ** 32);
  let present = -1;
  let capacity = 0;
  let needed = 0;
  let arena: Arena = createArena(0);

  const room = (bytes: number): Arena => {
    needed += bytes;
    if (arena.freeBytes < bytes) {
      // What was drawn this step keeps its old memory alive; the next step starts in one block.
      capacity = Math.max(bytes, Math.min(2 * capacity, LARGEST_ARENA), SMALLEST_ARENA);
      arena = createArena(capacity);
    }
    return arena;
  };

  const begin = (step: number): void => {
    requireCount("step", step, 2 ** 32 - 1);
    present = step;
    if (needed > capacity) {
      capacity = Math.max(capacity, Math.min(Math.ceil(needed * 1.25), LARGEST_ARENA));
      arena = createArena(capacity);
    } else {
      arena.reset();
    }
    needed = 0;
  };

  return {
    draw({ step, site, rate, shape, firstCell = 0 }) {
      const cells = shape.reduce((product, size) => product * size, 1);
      requireCount("site", site, 2 ** 32 - 1);
      requireCount("cells", cells, MAXIMUM_CELLS);
      requireCount("first cell", firstCell, 2 ** 32 - 1 - cells);
      if (step !== present) begin(step);
      const { threshold, scale } = dropoutRate(rate);
      const { kernels, floats } = room(blockBytes(cells));
      const { address, view } = floats(cells);
      if (threshold === 0) return view.fill(1);
      kernels.drawMask(
        address,
        firstCell,
        cells,
        site,
        present,
        0,
        key0,
        key1,
        threshold,
        scale,
        SCRATCH_ADDRESS,
      );
      return view;
    },
  };
}
