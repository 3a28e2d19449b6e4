import { fixedPointMethods } from "../toy-world/fixed-points.js";
import { quickstartWorld } from "../toy-world/presets.js";
import { expectedAccuracy, mendedShare } from "../toy-world/risk.js";
import { type SampleOptions, sampleBenchmark } from "../toy-world/sample.js";
import type { BenchmarkSource, LoadedBenchmark } from "./benchmark-source.js";
import { type OptionShapes, readOptions } from "./options.js";

/** Options of the benchmark `toy-world`. */
export interface ToyWorldOptions extends SampleOptions {
  /** Share of generated rows that copy an earlier one, in [0, 1). Default: 0. */
  readonly duplication?: number;
}

const defaults: SampleOptions = {
  generatedRows: 1000,
  realRows: 300,
  validationRows: 200,
  testRows: 1000,
  seed: 0,
};

/** Draws the quickstart's world and tells what each loss leads to in it. */
export function loadToyWorld(options: ToyWorldOptions): LoadedBenchmark {
  const world = quickstartWorld(options.duplication);
  const share = (100 * mendedShare(world)).toFixed(1);
  return {
    benchmark: sampleBenchmark(world, options),
    notes: [
      `toy world "${world.settings.name}": in ${share} % of real inputs the generator's usual label is wrong, and weights can mend it`,
    ],
    expectedAccuracy: ({ method, gamma }) => {
      const known = fixedPointMethods.find((name) => name === method);
      return known === undefined ? undefined : expectedAccuracy(world, known, gamma);
    },
  };
}

const rows = (role: string, count: number) =>
  ({
    kind: "integer",
    minimum: 1,
    description: `Number of ${role} rows. Default: ${count}.`,
  }) as const;

const options: OptionShapes = {
  generatedRows: rows("generated", defaults.generatedRows),
  realRows: rows("real training", defaults.realRows),
  validationRows: rows("validation", defaults.validationRows),
  testRows: rows("test", defaults.testRows),
  seed: { kind: "integer", description: "Seed of the rows. Default: 0." },
  duplication: {
    kind: "number",
    minimum: 0,
    description: "Share of generated rows that copy an earlier one, below 1. Default: 0.",
  },
};

/** A made-up world of short reviews in which P and Q are known exactly. */
export const toyWorld: BenchmarkSource = {
  name: "toy-world",
  summary: "made-up reviews (2 classes) with feature-dependent label noise, P and Q known exactly",
  options,
  load: async (record) => {
    const read = readOptions("benchmark toy-world", options, record);
    return loadToyWorld({
      generatedRows: read.number("generatedRows") ?? defaults.generatedRows,
      realRows: read.number("realRows") ?? defaults.realRows,
      validationRows: read.number("validationRows") ?? defaults.validationRows,
      testRows: read.number("testRows") ?? defaults.testRows,
      seed: read.number("seed") ?? defaults.seed,
      duplication: read.number("duplication") ?? 0,
    });
  },
};
