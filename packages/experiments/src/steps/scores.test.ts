import { applyTemperature, fitTemperature, meanLogProbabilities } from "@counterweight/checkers";
import type { TextTable } from "@counterweight/data";
import { describe, expect, it } from "vitest";
import { calibrated, countVotes, fitOn } from "./scores.js";
import type { TrainingResult } from "./training-result.js";

const table = (labels: readonly number[]): TextTable => ({
  name: "rows",
  labelNames: ["no", "yes"],
  text: labels.map(String),
  label: Int32Array.from(labels),
  file: "rows.csv",
  row: Int32Array.from(labels.keys()),
  skipped: [],
});
/** Log-probabilities of two classes from the probability of the second. */
const rows = (...yes: number[]): Float32Array =>
  Float32Array.from(yes.flatMap((p) => [Math.log(1 - p), Math.log(p)]));

const pool = table([0, 1, 0, 1, 1, 0]);
const folds = [
  [0, 1, 2],
  [3, 4, 5],
];
const asked = [rows(0.999, 0.98, 0.01), rows(0.02, 0.999, 0.02)] as const;

/** Two checkers; each is sure of itself, and they often disagree. */
function members(heldOut: readonly [Float32Array, Float32Array]): TrainingResult[] {
  return asked.map((own, index) => ({
    key: String(index),
    label: String(index),
    logProbabilities: { generated: own, test: own, validation: heldOut[index] ?? rows() },
    seconds: 1,
    bestEpoch: 1,
    epochs: [],
    steps: { loss: [], learningRate: [] },
    rowHistory: { weights: [], logProbabilities: [] },
  }));
}

describe("the temperature of checkers that vote", () => {
  it("is fitted out of fold, and scales each before the vote", () => {
    const held = [rows(0.01, 0.99, 0.97), rows(0.98, 0.02, 0.03)] as const;
    const voters = members(held);
    const vote = countVotes(voters, folds, 2);
    const fit = fitOn(vote.logProbabilities.validation ?? rows(), pool);
    expect(fit).toEqual(fitTemperature([...held[0], ...held[1]], pool.label, 2));
    expect(fit.temperature).toBeGreaterThan(1.5);
    const each = asked.map((values) => applyTemperature(values, 2, fit.temperature));
    const found = calibrated(voters, "generated", 2, fit.temperature);
    found.forEach((value, index) => {
      const mean = each.reduce((sum, one) => sum + Math.exp(one[index] ?? 0) / 2, 0);
      expect(Math.exp(value)).toBeCloseTo(mean, 6);
    });
    expect(calibrated(voters, "test", 2, fit.temperature)).toEqual(found);
    expect(vote.seconds).toBe(2);
  });

  it("is 1 where every held-out row is right, and leaves the scores as they are", () => {
    const voters = members([rows(0.3, 0.8, 0.4), rows(0.7, 0.6, 0.2)]);
    const vote = countVotes(voters, folds, 2);
    const fit = fitOn(vote.logProbabilities.validation ?? rows(), pool);
    expect(fit).toMatchObject({ temperature: 1, atBound: true });
    const plain = meanLogProbabilities([...asked]);
    calibrated(voters, "generated", 2, 1).forEach((value, index) => {
      expect(value).toBeCloseTo(plain[index] ?? Number.NaN, 5);
    });
  });
});
