import { sharingRoles } from "@counterweight/data";
import { z } from "zod";
import { longestName, namePattern, nameWords, tooLong } from "./names.js";
import { benchmarkSchema } from "./schema-benchmarks.js";
import { runSchema, trackingSchema } from "./schema-run.js";
import { type SweepSpec, sweepSchema } from "./schema-sweep.js";
import { checkerSchema, methodSchema, modelSchema, trainSchema } from "./schema-training.js";
import { weightsSchema } from "./schema-weights.js";

const atLeastOne = "at least one";

/** Beyond these nothing is gained but minutes in which no interrupt is heard, and gigabytes. */
const mostResamples = 1_000_000;
const mostBins = 1000;

/** A single value where a list is meant becomes a list of one. */
const oneOrMany = <Item extends z.ZodType>(item: Item) =>
  z
    .union([item, z.array(item).min(1, atLeastOne)])
    .transform((value) => (Array.isArray(value) ? value : [value]) as z.output<Item>[]);

/**
 * The spec, as written by a person. This is the one source: the TypeScript types below, the
 * published `counterweight.schema.json` and the table of keys in `docs/spec.md` all derive from it.
 * Objects are strict: an unknown key is an error, never ignored.
 */
export const specSchema = z
  .strictObject({
    version: z.literal(1).describe("Version of this format."),
    name: z
      .string()
      .regex(namePattern, nameWords)
      .max(longestName, tooLong)
      .describe("Name of the experiment; results go to `runs/<name>` unless `--out` is given."),
    description: z.string().default("").describe("What the experiment is for, in a sentence."),
    extends: z
      .union([z.string(), z.array(z.string())])
      .optional()
      .describe(
        "Another spec, or a list of them, whose keys hold where this one has none: mappings are merged, lists and scalars replaced, of a list the later file wins. Paths in it start at its own folder.",
      ),
    model: modelSchema.describe(
      "The classifier, used for both checkers too: `checkpoint` or `config`.",
    ),
    benchmarks: z
      .array(benchmarkSchema)
      .min(1, atLeastOne)
      .describe("Data sets to train and test on: a name, or a mapping with `kind`."),
    generated: z
      .record(z.string(), z.string())
      .default({})
      .describe("For each benchmark, by its name, the generated source to learn from."),
    generatedRows: z
      .int()
      .min(1)
      .optional()
      .describe("Use this many generated rows, a sample that no seed of the spec changes."),
    generatedRowsFile: z
      .string()
      .optional()
      .describe("JSON list of 0-based indices of the generated rows to use, in that order."),
    checkerFraction: oneOrMany(z.number().gt(0).max(1))
      .prefault(0.1)
      .describe("Share of the real training rows the quality checker sees; a list is an axis."),
    seeds: oneOrMany(z.int().min(0))
      .prefault([0, 1, 2, 3])
      .describe("Seeds; every method runs once with each."),
    methods: z
      .array(methodSchema)
      .min(1, atLeastOne)
      .prefault(["quality-checker", "ce", "focal", "imp", "dimp"])
      .describe("Rows of the table: a name, or a mapping with `loss`."),
    sweep: sweepSchema
      .prefault({})
      .describe("Which settings vary, beside benchmarks, checkerFraction, seeds and methods."),
    train: trainSchema.prefault({}).describe("Settings of every training; the paper's by default."),
    checker: checkerSchema
      .prefault({})
      .describe(
        "Settings that differ for the quality checker, keys as in `train`, and its own two.",
      ),
    weights: weightsSchema
      .prefault({})
      .describe("What happens to the weights of methods that weight rows by checkers."),
    checkpoints: z
      .strictObject({
        everySteps: z
          .int()
          .min(1)
          .nullable()
          .default(200)
          .describe("Also after this many steps of a training; null: between epochs only."),
        everyEpoch: z.boolean().default(true).describe("After every epoch."),
      })
      .prefault({})
      .describe("When a training can be taken up again after a kill; results never depend on it."),
    tracking: trackingSchema
      .prefault({})
      .describe("Where runs are recorded; results never depend on it."),
    run: runSchema
      .prefault({})
      .describe("Who makes the steps and how many at once; results never depend on it."),
    saveModels: z
      .boolean()
      .default(false)
      .describe(
        "Write every trial's classifier to `models/`, as a Hugging Face folder with ONNX files.",
      ),
    splitGuard: z
      .strictObject({
        near: z
          .enum(["report", "off"])
          .default("report")
          .describe("Whether near duplicates between roles are looked for and reported."),
        threshold: z
          .number()
          .min(0.5)
          .max(1)
          .default(0.8)
          .describe("Smallest Jaccard similarity of near duplicates."),
      })
      .prefault({})
      .describe("Duplicates between train, validation, test and generated rows."),
    evaluation: z
      .strictObject({
        bootstrapResamples: z
          .int()
          .min(100)
          .max(mostResamples)
          .default(10_000)
          .describe("Resamples of the test rows for the percentile interval."),
        bootstrapSeed: z.int().min(0).default(0).describe("Seed of those resamples."),
        level: z.number().gt(0).lt(1).default(0.95).describe("Coverage of the interval."),
        correction: z
          .enum(["holm", "benjamini-hochberg", "none"])
          .default("holm")
          .describe("Correction of the p-values of all pairs of methods compared."),
        calibrationBins: z
          .int()
          .min(1)
          .max(mostBins)
          .default(15)
          .describe("Bins of the expected calibration error and the reliability diagram."),
      })
      .prefault({})
      .describe("How results are summarised."),
    allowSharedText: z
      .array(z.enum(sharingRoles))
      .default([])
      .describe("Roles that may share texts with the test rows; otherwise the run stops."),
    hideRowText: z
      .boolean()
      .default(false)
      .describe("Leave row texts out of everything that is written (licences may ask for it)."),
  })
  .describe("A Counterweight experiment");

/** What a person may write. */
export type SpecInput = z.input<typeof specSchema>;
/** The same with every default filled in and every shorthand written out. */
export type Spec = Omit<z.output<typeof specSchema>, "extends" | "sweep"> & {
  readonly sweep: SweepSpec;
};
export type { MethodSpec } from "./schema-training.js";
export type ModelSpec = Spec["model"];
export type TrainSettings = Spec["train"];
export type TrackingSpec = Spec["tracking"];
export type RunSpec = Spec["run"];
