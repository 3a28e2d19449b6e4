import { applyTemperature, fitTemperature, scoresOfLabels } from "@counterweight/checkers";
import type { TextTable } from "@counterweight/data";
import { describe, expect, it } from "vitest";
import { createFindings } from "./findings.js";

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
const generated = table([1, 0, 1]);
const folds = [
  [0, 1, 2],
  [3, 4, 5],
];

/** A vote of two checkers; each is sure of itself, and they often disagree. */
function voting(heldOut: readonly [Float32Array, Float32Array]) {
  const vote = { key: "vote", label: "", benchmark: "", seed: 0, members: ["a", "b"], pool, folds };
  const found = createFindings({ votes: new Map([["vote", vote]]), trainings: [] }, true);
  const asked = [rows(0.999, 0.98, 0.01), rows(0.02, 0.999, 0.02)] as const;
  vote.members.forEach((key, index) => {
    const own = asked[index] ?? rows();
    const logProbabilities = {
      generated: own,
      test: own,
      validation: heldOut[index] ?? rows(),
    };
    found.add({
      ...{ key, label: key, logProbabilities, seconds: 1, bestEpoch: 1, epochs: [] },
      steps: { loss: [], learningRate: [] },
      rowHistory: { weights: [], logProbabilities: [] },
    });
  });
  return { found, asked };
}

describe("the temperature of checkers that vote", () => {
  it("scales each before the vote, as it was fitted on the scores of one at a time", () => {
    const held = [rows(0.01, 0.99, 0.97), rows(0.98, 0.02, 0.03)] as const;
    const { found, asked } = voting(held);
    const fit = found.temperature("vote");
    expect(fit).toEqual(fitTemperature([...held[0], ...held[1]], pool.label, 2));
    const temperature = fit?.temperature ?? Number.NaN;
    expect(temperature).toBeGreaterThan(1.5);
    const each = asked.map((values) => applyTemperature(values, 2, temperature));
    const { quality } = found.scores({ quality: "vote", diversity: undefined }, generated);
    generated.label.forEach((label, row) => {
      const mean = each.reduce((sum, one) => sum + Math.exp(one[2 * row + label] ?? 0) / 2, 0);
      expect(Math.exp(quality?.[row] ?? 0)).toBeCloseTo(mean, 6);
    });
    expect(found.calibrated("vote", "test")).toEqual(found.calibrated("vote", "generated"));
  });

  it("is 1 where every held-out row is right, and leaves the scores as they are", () => {
    const { found } = voting([rows(0.3, 0.8, 0.4), rows(0.7, 0.6, 0.2)]);
    expect(found.temperature("vote")).toMatchObject({ temperature: 1, atBound: true });
    const { quality } = found.scores({ quality: "vote", diversity: undefined }, generated);
    const plain = found.get("vote")?.logProbabilities.generated ?? rows();
    scoresOfLabels(plain, generated, "vote").forEach((score, row) => {
      expect(quality?.[row]).toBeCloseTo(score, 5);
    });
  });
});
