import { at, randomStream } from "@counterweight/base";
import {
  brierScore,
  expectedCalibrationError,
  logLoss,
  reliabilityBins,
} from "@counterweight/metrics";
import { describe, expect, it } from "vitest";
import { type CalibrationTrial, calibrationSummary } from "./calibration-summary.js";
import { mean, sampleStandardDeviation } from "./statistics.js";

const ROWS = 2000;

/** Labels drawn from known probabilities, told to the summary through logits that are too large. */
function trial(seed: number, sharpness: number, over: Partial<CalibrationTrial> = {}) {
  const random = randomStream("calibration", seed);
  const logits = Float64Array.from({ length: ROWS }, () => random.normal());
  const said = (scale: number): Float64Array =>
    Float64Array.from({ length: 2 * ROWS }, (_, place) => {
      const logit = scale * at(logits, place >> 1) * (place % 2 === 0 ? 1 : -1);
      return -Math.log1p(Math.exp(-logit));
    });
  return {
    benchmark: "toy",
    method: "quality-checker",
    seed,
    labelNames: ["yes", "no"],
    testLabels: Int32Array.from(logits, (logit) =>
      random.float() < 1 / (1 + Math.exp(-logit)) ? 0 : 1,
    ),
    logProbabilities: said(sharpness),
    scaled: { temperature: sharpness, logProbabilities: said(1) },
    ...over,
  };
}

describe("calibrationSummary", () => {
  it("finds overconfidence, and that the right temperature takes it away", () => {
    const one = [trial(0, 4)];
    const summary = at(calibrationSummary(one), 0);
    expect(summary.before.expectedError.mean).toBeGreaterThan(0.15);
    expect(summary.after?.expectedError.mean).toBeLessThan(0.04);
    expect(summary.after?.brier.mean).toBeLessThan(summary.before.brier.mean);
    expect(summary.after?.logLoss.mean).toBeLessThan(summary.before.logLoss.mean);
    expect(summary.temperature?.mean).toBe(4);
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
  });

  it("folds seeds: each seed's own errors, and bins that hold the rows of all", () => {
    // Rows of one benchmark share their labels: the second seed says something else about them.
    const first = trial(0, 3);
    const runs = [first, { ...trial(1, 2), testLabels: first.testLabels }];
    const summary = at(calibrationSummary(runs, { bins: 10 }), 0);
    const errors = runs.map((run) =>
      expectedCalibrationError(
        reliabilityBins(run.testLabels, run.logProbabilities, 2, { bins: 10 }),
      ),
    );
    expect(summary.seeds).toEqual([0, 1]);
    expect(summary.before.expectedError).toEqual({
      mean: mean(errors),
      standardDeviation: sampleStandardDeviation(errors),
      values: errors,
    });
    expect(summary.before.brier.values).toEqual(
      runs.map((run) => brierScore(run.testLabels, run.logProbabilities, 2)),
    );
    expect(summary.before.logLoss.values).toEqual(
      runs.map((run) => logLoss(run.testLabels, run.logProbabilities, 2)),
    );
    expect(summary.before.bins).toHaveLength(10);
    expect(summary.before.bins.reduce((sum, { count }) => sum + count, 0)).toBe(2 * ROWS);
  });

  it("says nothing of scaling unless every seed was scaled", () => {
    const first = trial(0, 2);
    const { scaled, ...plain } = trial(1, 2);
    const runs = [first, { ...plain, testLabels: first.testLabels }];
    const summary = at(calibrationSummary(runs), 0);
    expect("after" in summary || "temperature" in summary).toBe(false);
    expect(calibrationSummary([])).toEqual([]);
  });
});
