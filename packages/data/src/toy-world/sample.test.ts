import { at, randomStream } from "@counterweight/base";
import { describe, expect, it } from "vitest";
import { randomWorld } from "./presets.js";
import { rowSampler } from "./sample.js";
import type { JointDistribution } from "./world.js";

const world = randomWorld({
  seed: 11,
  classes: 3,
  inputShift: 0.7,
  noiseRate: 0.15,
  featureNoiseRate: 0.5,
  missingWords: 1,
});

/** Pearson's chi-square of cells against a joint distribution, and its degrees of freedom. */
function chiSquare(cells: readonly number[], distribution: JointDistribution) {
  const classes = distribution.label.length / distribution.input.length;
  const seen = new Float64Array(distribution.label.length);
  for (const cell of cells) seen[cell] = at(seen, cell) + 1;
  let [statistic, positive] = [0, 0];
  distribution.label.forEach((probability, cell) => {
    const mass = at(distribution.input, Math.floor(cell / classes)) * probability;
    const expected = cells.length * mass;
    if (expected === 0) {
      expect(at(seen, cell)).toBe(0);
      return;
    }
    statistic += (at(seen, cell) - expected) ** 2 / expected;
    positive++;
  });
  return { statistic, freedom: positive - 1 };
}

function expectFit(cells: readonly number[], distribution: JointDistribution): void {
  const { statistic, freedom } = chiSquare(cells, distribution);
  // mean f, variance 2 f; five standard deviations either way: too good a fit is wrong as well
  expect(Math.abs(statistic - freedom)).toBeLessThan(5 * Math.sqrt(2 * freedom));
}

describe("rowSampler", () => {
  it.each([
    ["P", world.real],
    ["Q", world.generated],
  ])("draws with the frequencies of %s", (name, distribution) => {
    const draw = rowSampler(distribution)(300_000, randomStream("test", "frequencies", name));
    const cells = Array.from(draw.input, (input, row) => input * 3 + at(draw.label, row));
    expectFit(cells, distribution);
    expect(draw.source.every((source, row) => source === row)).toBe(true);
  });

  it("tells P from Q", () => {
    const draw = rowSampler(world.real)(300_000, randomStream("test", "frequencies", "P"));
    const cells = Array.from(draw.input, (input, row) => input * 3 + at(draw.label, row));
    const possible = cells.filter((cell) => at(world.generated.input, Math.floor(cell / 3)) > 0);
    const { statistic, freedom } = chiSquare(possible, world.generated);
    expect(statistic).toBeGreaterThan(freedom + 50 * Math.sqrt(2 * freedom));
  });

  it("copies earlier rows with the stated probability", () => {
    const rows = 100_000;
    const share = 0.3;
    const draw = rowSampler(world.generated, share)(rows, randomStream("test", "copies"));
    let copies = 0;
    let fromLaterHalf = 0;
    draw.source.forEach((source, row) => {
      expect(source).toBeLessThanOrEqual(row);
      if (source === row) return;
      copies++;
      if (2 * source >= row) fromLaterHalf++;
      expect(at(draw.source, source)).toBe(source); // a copy names the fresh row
      expect(at(draw.input, source)).toBe(at(draw.input, row));
      expect(at(draw.label, source)).toBe(at(draw.label, row));
    });
    // A copy of a copy counts for its fresh row, so sources lean to earlier rows, but not to the first.
    expect(fromLaterHalf / copies).toBeGreaterThan(0.3);
    expect(fromLaterHalf / copies).toBeLessThan(0.5);
    const deviation = Math.sqrt((rows - 1) * share * (1 - share));
    expect(Math.abs(copies - share * (rows - 1))).toBeLessThan(5 * deviation);
  });

  it("leaves each single row's distribution alone when copying", () => {
    const sample = rowSampler(world.generated, 0.5);
    const cells = Array.from({ length: 60_000 }, (_, repetition) => {
      const draw = sample(4, randomStream("test", "last row", repetition));
      return at(draw.input, 3) * 3 + at(draw.label, 3);
    });
    expectFit(cells, world.generated);
  });
});
