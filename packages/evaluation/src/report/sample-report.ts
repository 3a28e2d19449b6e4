import { at, type Random, randomStream } from "@counterweight/base";
import { classificationReport } from "@counterweight/metrics";
import { aggregate } from "../aggregate.js";
import { calibrationSummary } from "../calibration-summary.js";
import { compareMethods } from "../compare-methods.js";
import { type Condition, conditionOf, type TrialResult } from "../results.js";
import { type WeightSummary, weightSummary } from "../weight-summary.js";
import type { ReportData, TrainingCurve } from "./report-data.js";
import {
  SAMPLE_MODELS,
  sampleOverlaps,
  sampleProbabilities,
  sampleWeightHealth,
} from "./sample-extras.js";

const METHODS = ["quality-checker", "ce", "focal", "imp", "imp-no-diversity", "dimp"];
const LABELS = ["plain", "odd"];
const TEST_ROWS = 400;
const GENERATED_ROWS = 600;

/** Options of {@link sampleReport}. */
export interface SampleOptions {
  /** Texts of the weighted rows, in turn; made-up sentences otherwise. */
  readonly texts?: readonly string[];
  readonly benchmarks?: readonly string[];
  readonly seeds?: number;
}

/**
 * A report on runs that never were, drawn from a seeded stream: to look at the page, and to test it,
 * without training anything.
 */
export function sampleReport({
  texts,
  benchmarks = ["toy-world"],
  seeds = 3,
}: SampleOptions = {}): ReportData {
  const conditions = benchmarks.map(
    (benchmark): Condition => ({ benchmark, generated: "noisy-writer", checkerFraction: 0.1 }),
  );
  const runs = conditions.flatMap((condition) =>
    METHODS.flatMap((method) =>
      Array.from({ length: seeds }, (_, seed) => ({ ...condition, method, seed })),
    ),
  );
  const trials = runs.map(sampleTrial);
  return {
    version: 1,
    name: "sample",
    description: "Made-up numbers in the form of a real run.",
    provenance: {
      command: "counterweight run experiments/sample.yaml",
      codeVersion: "0.1.0",
      environment: [
        { name: "Node.js", value: "v20.20.2" },
        { name: "threads", value: "2" },
      ],
      inputs: [{ name: "toy-world/test", value: "0123456789abcdef".repeat(4) }],
      spec: `name: sample\nbenchmarks: [${benchmarks.join(", ")}]\nmethods: [${METHODS.join(", ")}]\n`,
    },
    results: aggregate(trials, { resamples: 1000 }).map((row) =>
      row.method === "quality-checker"
        ? row
        : { ...row, closedFormAccuracy: strengthOf(row.method) + 0.075 },
    ),
    curves: runs.map(sampleCurve),
    weights: runs
      .filter(({ method }) => method.includes("imp"))
      .map((run) => sampleWeights(run, texts ?? madeUpTexts())),
    classReports: trials.map((trial) => ({
      ...conditionOf(trial),
      method: trial.method,
      seed: trial.seed,
      report: classificationReport(trial.testLabels, trial.predictions, LABELS),
    })),
    comparisons: (["accuracy", "macroF1"] as const).map((metric) =>
      compareMethods(trials, { metric, resamples: 1000 }),
    ),
    calibration: calibrationSummary(trials.map(sampleProbabilities)),
    weightHealth: runs
      .filter(({ method }) => method.includes("imp"))
      .map((run) => sampleWeightHealth(run, LABELS)),
    splitGuard: benchmarks.flatMap(sampleOverlaps),
    modelNotes: SAMPLE_MODELS,
    notes: [
      { kind: "note", text: "All numbers on this page are drawn at random." },
      { kind: "warning", text: "generated.csv: 3 rows without text were skipped (17, 230, 231)." },
    ],
  };
}

type Run = Condition & { readonly method: string; readonly seed: number };

/** Accuracy that a method is made to have, about. */
function strengthOf(method: string): number {
  // Two of them too close to be told apart.
  return method === "focal" ? 0.772 : 0.74 + 0.028 * METHODS.indexOf(method);
}

function streamOf(part: string, run: Run): Random {
  return randomStream("sample report", part, run.benchmark, run.method, run.seed);
}

function sampleTrial(run: Run): TrialResult {
  const difficulty = randomStream("sample report", "test", run.benchmark);
  const random = streamOf("trial", run);
  const testLabels = Int32Array.from({ length: TEST_ROWS }, () => difficulty.integer(2));
  const shared = Float64Array.from(testLabels, () => difficulty.float());
  const predictions = testLabels.map((label, row) =>
    0.7 * at(shared, row) + 0.3 * random.float() < strengthOf(run.method) - 0.03
      ? label
      : 1 - label,
  );
  return { ...run, labelNames: LABELS, testLabels, predictions };
}

function sampleCurve(run: Run): TrainingCurve {
  const random = streamOf("curve", run);
  const end = 0.85 - strengthOf(run.method) / 2;
  const epochs = [1, 2, 3, 4, 5].map((epoch) => ({
    epoch,
    validationAccuracy:
      strengthOf(run.method) - 0.2 / epoch ** 1.5 + 0.012 * random.normal() - 0.004 * epoch,
  }));
  const best = epochs.reduce((left, right) =>
    right.validationAccuracy > left.validationAccuracy ? right : left,
  );
  return {
    ...run,
    stepLoss: Array.from({ length: 235 }, (_, step) =>
      Math.max(0.01, end + 0.35 * Math.exp(-step / 45) + 0.06 * random.normal()),
    ),
    epochs,
    bestEpoch: best.epoch,
  };
}

function sampleWeights(run: Run, texts: readonly string[]): WeightSummary {
  const random = streamOf("weights", run);
  const quality = Float64Array.from({ length: GENERATED_ROWS }, () =>
    Math.min(0.999, Math.max(0.001, 0.75 + 0.3 * random.normal())),
  );
  const diversity = quality.map((value) => Math.min(0.999, 0.4 + 0.5 * value * random.float()));
  const hasDiversity = run.method !== "imp-no-diversity";
  return weightSummary({
    ...run,
    row: Array.from(quality, (_, index) => index + 1),
    text: Array.from(quality, (_, index) => at(texts, index % texts.length)),
    label: Array.from(quality, (_, index) => at(LABELS, index % LABELS.length)),
    quality,
    ...(hasDiversity ? { diversity } : {}),
    weight: hasDiversity ? quality.map((value, index) => value / at(diversity, index)) : quality,
  });
}

function madeUpTexts(): string[] {
  const random = randomStream("sample report", "texts");
  const words = [
    "the",
    "green",
    "kettle",
    "sings",
    "to",
    "a",
    "sleepy",
    "river",
    "under",
    "tin",
    "stars",
  ];
  return Array.from({ length: 97 }, () =>
    Array.from({ length: 5 + random.integer(14) }, () =>
      at(words, random.integer(words.length)),
    ).join(" "),
  );
}
