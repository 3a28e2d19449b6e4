import { z } from "zod";

const benchmarkName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "letters, digits, dots, dashes and underscores")
  .optional()
  .describe("Name in tables and files; `kind` by default.");

const columns = z
  .strictObject({
    text: z.string().optional().describe("Column of the text."),
    textPair: z.string().optional().describe("Column of the second text of a pair."),
    label: z.string().optional().describe("Column of the label."),
  })
  .describe("Which column is what; what is absent is guessed from the usual names and said.");

/** A path, or a path with its own columns. */
const file = z
  .union([
    z.string(),
    z.strictObject({
      file: z.string().describe("CSV, TSV or JSONL file."),
      columns: columns.optional(),
    }),
  ])
  .transform((value) => (typeof value === "string" ? { file: value } : value));

const tweetIrony = z.strictObject({
  kind: z.literal("tweet-irony"),
  name: benchmarkName,
  folder: z
    .string()
    .default("${COUNTERWEIGHT_ASSETS}/data/tweet-irony")
    .describe("Folder with `real/` and `generated/`."),
});

const toyWorld = z.strictObject({
  kind: z.literal("toy-world"),
  name: benchmarkName,
  preset: z.string().default("quickstart").describe("A world made ready by the data package."),
  worldSeed: z.int().min(0).default(0).describe("Seed of the world and of all its samples."),
  trainRows: z.int().min(1).optional().describe("Real rows to draw for the quality checker."),
  validationRows: z.int().min(1).optional().describe("Real rows to draw for validation."),
  testRows: z.int().min(1).optional().describe("Real rows to draw for the test."),
  generatedRows: z.int().min(1).optional().describe("Generated rows to draw."),
});

const files = z.strictObject({
  kind: z.literal("files"),
  name: benchmarkName,
  real: z
    .strictObject({
      train: file.describe("Real rows for the quality checker."),
      validation: file.describe("Real rows that choose the best epoch."),
      test: file.describe("Real rows to be tested on."),
    })
    .describe("Real rows by role."),
  generated: z
    .record(z.string(), file)
    .describe("Generated rows by source name; the spec's `generated` chooses among several."),
  columns: columns.optional(),
  labels: z.array(z.string()).min(2).optional().describe("Class order; sorted names by default."),
});

/** Kinds of benchmark that a spec may name without more. */
export const bareBenchmarks = ["tweet-irony", "toy-world"] as const;

/** `tweet-irony`, or a mapping with `kind` and that kind's own keys. */
export const benchmarkSchema = z
  .union([
    z
      .enum(bareBenchmarks)
      .transform((kind) => (kind === "toy-world" ? toyWorld : tweetIrony).parse({ kind })),
    z.discriminatedUnion("kind", [tweetIrony, toyWorld, files]),
  ])
  .transform((benchmark) => ({ ...benchmark, name: benchmark.name ?? benchmark.kind }));
