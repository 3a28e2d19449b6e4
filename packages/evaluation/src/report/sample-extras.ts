import { at, randomStream } from "@counterweight/base";
import type { CalibrationTrial } from "../calibration-summary.js";
import type { Condition, TrialResult } from "../results.js";
import type { ModelNote, SplitOverlap, WeightHealthCourse } from "./report-data.js";

type Run = Condition & { readonly method: string; readonly seed: number };

/** Overconfident probabilities that agree with a trial's predictions, and the same at temperature 2. */
export function sampleProbabilities(trial: TrialResult): CalibrationTrial {
  const random = randomStream("sample report", "probabilities", trial.method, trial.seed);
  // Right rows tend to have larger margins; twice too large for what they hold.
  const margins = Float64Array.from(trial.predictions, (predicted, row) =>
    Math.abs(random.normal() + (predicted === at(trial.testLabels, row) ? 1.6 : 0.7)),
  );
  const said = (temperature: number): Float64Array =>
    Float64Array.from({ length: 2 * margins.length }, (_, place) => {
      const row = place >> 1;
      const sign = place % 2 === at(trial.predictions, row) ? 1 : -1;
      return -Math.log1p(Math.exp((-sign * 2 * at(margins, row)) / temperature));
    });
  const temperature = 1.9 + 0.2 * random.float();
  return {
    ...trial,
    logProbabilities: said(1),
    ...(trial.method === "quality-checker"
      ? { scaled: { temperature, logProbabilities: said(temperature) } }
      : {}),
  };
}

/** Weights that even out under DIMP, stay as they are under IMP, and lose a class once. */
export function sampleWeightHealth(run: Run, labels: readonly string[]): WeightHealthCourse {
  const random = randomStream("sample report", "health", run.method, run.seed);
  const isMoving = run.method === "dimp";
  const start = (run.method === "imp" ? 0.34 : 0.62) + 0.04 * random.normal();
  const epochs = [1, 2, 3, 4, 5].map((epoch) => {
    const effectiveShare = isMoving ? start + 0.06 * epoch + 0.01 * random.normal() : start;
    return {
      epoch,
      effectiveShare,
      massOnTopTenth: 0.1 + 0.6 * (1 - effectiveShare),
      largestShare: 0.02 * (1 - effectiveShare),
      vanishedClasses:
        run.method === "imp" && run.seed === 0 && epoch > 3 ? [labels.at(-1) ?? ""] : [],
    };
  });
  const isThin = run.method === "imp" && run.seed === 0;
  return {
    ...run,
    epochs,
    warnings: isThin ? ["effective share of 34 % is below the 40 % that the spec asks for."] : [],
  };
}

/** Counts as a guard would give them. */
export function sampleOverlaps(benchmark: string): SplitOverlap[] {
  const overlap = { benchmark, normalised: 0, near: 0, exact: 0 };
  return [
    { ...overlap, role: "training", foundIn: "test", rows: 2862, near: 3 },
    { ...overlap, role: "generated (noisy-writer)", foundIn: "test", rows: 12_000, normalised: 1 },
    {
      ...overlap,
      role: "generated (noisy-writer)",
      foundIn: "training",
      rows: 12_000,
      exact: 1204,
      normalised: 88,
      near: 310,
    },
    { ...overlap, role: "validation", foundIn: "test", rows: 955, exact: 2, allowed: true },
  ];
}

/** A checkpoint without a head, and one that is whole. */
export const SAMPLE_MODELS: readonly ModelNote[] = [
  {
    model: "someone/a-small-encoder",
    missing: ["classifier.weight", "classifier.bias", "bert.pooler.dense.weight"],
    unused: ["cls.predictions.bias"],
    notes: ["The checkpoint names no pooling; the first token is taken."],
  },
  { model: "models/own-classifier", missing: [] },
];
