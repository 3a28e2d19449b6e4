import { z } from "zod";

/** More trials than any cluster is given at once; a slip of the pen multiplies past it. */
const mostTrials = 1_000_000;

const one = z.record(z.string(), z.unknown());

/**
 * Which settings vary beside the native axes. Values are checked later, each by the schema of the
 * setting it stands for.
 */
export const sweepSchema = z.strictObject({
  axes: one
    .default({})
    .describe(
      "For each swept setting (a dotted key such as `train.learningRate`, or nested mappings) the list of its values; all are combined with all.",
    ),
  zip: z
    .array(one)
    .default([])
    .describe("Groups of settings that move together: in each group lists of equal length."),
  exclude: z
    .array(one)
    .default([])
    .describe(
      "Trials to leave out: all that match every key given. Keys: benchmark, generated, checkerFraction, seed, method (one value or several), or a swept setting.",
    ),
  include: z
    .array(one)
    .default([])
    .describe(
      "Trials to add, after the exclusions: keys as in exclude. Seeds, fractions, settings and methods (a loss by its name) may be new, benchmarks and generated sources not. A key left out takes all its values.",
    ),
  names: z
    .record(z.string(), z.string().min(1))
    .default({})
    .describe("Shorter names of swept settings, for tables and files."),
  maxTrials: z
    .int()
    .min(1)
    .default(mostTrials)
    .describe("A spec with more trials than this is refused."),
});

/** A value by dotted key. */
export type Settings = Readonly<Record<string, unknown>>;

/** The `sweep` section of a resolved spec: keys dotted, values as the spec's own would be. */
export interface SweepSpec {
  readonly axes: Readonly<Record<string, readonly unknown[]>>;
  readonly zip: readonly Readonly<Record<string, readonly unknown[]>>[];
  readonly exclude: readonly Settings[];
  readonly include: readonly Settings[];
  readonly names: Readonly<Record<string, string>>;
  readonly maxTrials: number;
}

/** Nothing swept. */
export const noSweep: SweepSpec = {
  axes: {},
  zip: [],
  exclude: [],
  include: [],
  names: {},
  maxTrials: mostTrials,
};
