import { at, type Random, randomStream } from "@counterweight/base";
import { describe, expect, it } from "vitest";
import { quickstartWorld, randomWorld } from "./presets.js";
import { inputShiftGap, trueRisk, weightedRisk } from "./risk.js";
import { rowSampler } from "./sample.js";
import type { World } from "./world.js";

/** -log p(y|x) of an arbitrary classifier, `[inputs, classes]`. */
function someLoss(world: World): Float64Array {
  const random = randomStream("test", "classifier");
  const classes = world.labelNames.length;
  const loss = new Float64Array(world.inputs * classes);
  for (let input = 0; input < world.inputs; input++) {
    const logits = Array.from({ length: classes }, () => random.normal());
    const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    logits.forEach((logit, label) => {
      loss[input * classes + label] = total - logit;
    });
  }
  return loss;
}

/** Mean and standard error of (P(y|x) / Q(y|x)) loss over generated rows. */
function weightedSample(world: World, rowLoss: Float64Array, rows: number, random: Random) {
  const classes = world.labelNames.length;
  const draw = rowSampler(world.generated)(rows, random);
  let [sum, squares] = [0, 0];
  draw.input.forEach((input, row) => {
    const cell = input * classes + at(draw.label, row);
    const weight = at(world.real.label, cell) / at(world.generated.label, cell);
    const value = weight * at(rowLoss, cell);
    sum += value;
    squares += value * value;
  });
  const mean = sum / rows;
  return { mean, error: Math.sqrt((squares / rows - mean * mean) / rows) };
}

/** Least-squares slope of y on x. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (index: 0 | 1): number =>
    points.reduce((sum, point) => sum + point[index], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const top = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return top / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

describe("the IMP-weighted sample risk with oracle weights", () => {
  const noisy = {
    classes: 3,
    noiseRate: 0.2,
    featureNoiseRate: 0.6,
    inputShift: 0.5,
    missingWords: 1,
  };
  it.each([
    ["the quickstart's world", quickstartWorld()],
    ["a world with missing modes", randomWorld({ seed: 3, ...noisy })],
  ])("approaches the risk under Q(x)P(y|x) at 1 / sqrt(N) in %s", (_, world) => {
    const rowLoss = someLoss(world);
    const target = weightedRisk(world, rowLoss);
    const repetitions = 250;
    const points = [50, 100, 200, 400, 800, 1600].map((rows) => {
      let squares = 0;
      for (let repetition = 0; repetition < repetitions; repetition++) {
        const random = randomStream("test", "risk", rows, repetition);
        squares += (weightedSample(world, rowLoss, rows, random).mean - target) ** 2;
      }
      return [Math.log(rows), Math.log(Math.sqrt(squares / repetitions))] as const;
    });
    expect(Math.abs(slope(points) + 0.5)).toBeLessThan(0.1);
  });

  it("is left with the closed-form gap to the true risk where modes are missing", () => {
    const world = randomWorld({
      seed: 5,
      classes: 3,
      noiseRate: 0.3,
      missingWords: 2,
      effectScale: 2,
    });
    const rowLoss = someLoss(world);
    const gap = inputShiftGap(world, rowLoss);
    const { mean, error } = weightedSample(world, rowLoss, 400_000, randomStream("test", "gap"));
    expect(Math.abs(gap)).toBeGreaterThan(10 * error); // there is something to be left with
    expect(Math.abs(mean - trueRisk(world, rowLoss) - gap)).toBeLessThan(4 * error);

    // Q(x) is P(x) on what is written, so the gap is m (risk written - risk missing), m = P(missing).
    const classes = world.labelNames.length;
    let [missing, missingRisk, writtenRisk] = [0, 0, 0];
    world.real.input.forEach((mass, input) => {
      let risk = 0;
      for (let label = 0; label < classes; label++) {
        const cell = input * classes + label;
        risk += mass * at(world.real.label, cell) * at(rowLoss, cell);
      }
      if (at(world.generated.input, input) === 0) {
        missing += mass;
        missingRisk += risk;
      } else writtenRisk += risk;
    });
    expect(missing).toBeGreaterThan(0.1);
    expect(gap).toBeCloseTo(missing * (writtenRisk / (1 - missing) - missingRisk / missing), 12);
  });

  it("has no gap where Q(x) is P(x)", () => {
    const world = randomWorld({ seed: 5, noiseRate: 0.4 });
    expect(inputShiftGap(world, someLoss(world))).toBeCloseTo(0, 14);
  });
});
