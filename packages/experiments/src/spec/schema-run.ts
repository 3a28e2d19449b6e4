import { z } from "zod";

/**
 * Sections and keys that cannot change a result: they belong to no step's key, so that changing them
 * makes nothing anew. The one place that says so; `docs/spec.md` marks them.
 */
export const outsideKeys: readonly string[] = [
  "name",
  "description",
  "tracking",
  "run",
  "checkpoints",
];

/**
 * How MLflow addresses a server, without what may be secret (user, query); other schemes (databases,
 * Databricks) are not spoken here.
 */
const webAddress = /^https?:\/\/[^\s/@?#]+(\/[^\s@?#]*)?$/;
const anyScheme = /^[A-Za-z][A-Za-z0-9+.-]*:/;

/** Whether a tracking address is a folder, to be told from the spec's own. */
export const isTrackingFolder = (uri: string): boolean => uri !== "off" && !anyScheme.test(uri);

/** Where runs are recorded. */
export const trackingSchema = z.strictObject({
  uri: z
    .string()
    .min(1, "a text of at least one character")
    .refine((uri) => !anyScheme.test(uri) || webAddress.test(uri), {
      error:
        "needed http://host:port or https://host of an MLflow server, without ? or #, a folder, or off; what is secret goes into MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN",
    })
    .optional()
    .describe(
      "Address of an MLflow server (http or https), a folder to keep runs in, or `off`. Default: the environment's MLFLOW_TRACKING_URI, else a folder of its own beside the results.",
    ),
  experiment: z
    .string()
    .min(1, "a text of at least one character")
    .optional()
    .describe("Name of the MLflow experiment. Default: the spec's name."),
  enabled: z.boolean().default(true).describe("false: nothing is recorded."),
});

/** Slurm's forms: 90, 90:00, 1:30:00, 2-12, 2-12:00, 2-12:00:00. */
const slurmTime = /^(\d+|\d+:\d\d|\d+:\d\d:\d\d|\d+-\d+(:\d\d){0,2})$/;
const slurmMemory = /^\d+[KMGT]?$/;
const timeWords = "a time as Slurm writes it, such as 90 (minutes), 1:30:00 or 2-12:00:00";
const memoryWords = "a memory size as Slurm writes it, such as 4G";

const resources = {
  partition: z.string().min(1).optional().describe("Partition; the cluster's own by default."),
  account: z.string().min(1).optional().describe("Account to charge."),
  time: z
    .union([z.int().min(1), z.string().regex(slurmTime, timeWords)])
    .transform(String)
    .optional()
    .describe("Time limit of a job as Slurm writes it: minutes, or a text such as `1:30:00`."),
  memory: z
    .string()
    .regex(slurmMemory, memoryWords)
    .optional()
    .describe("Memory of a job as Slurm writes it, such as `4G`; the cluster's own by default."),
  arguments: z
    .array(z.string())
    .optional()
    .describe("Further words for sbatch, such as `--constraint=avx2`."),
};

/** Kinds of steps that are sent to executors, and may ask for resources of their own. */
export const sentStepKinds = ["tokenise", "train-checker", "train-classifier", "keep-model"];

const perKind = z.strictObject(
  Object.fromEntries(
    sentStepKinds.map((kind) => [
      kind,
      z.strictObject(resources).optional().describe(`Of ${kind} steps.`),
    ]),
  ),
);

/** Who makes the steps, how many at once, and how often a lost one is tried again. */
export const runSchema = z.strictObject({
  executor: z
    .enum(["pool", "in-process", "slurm"])
    .default("pool")
    .describe(
      "Who makes the steps: local worker processes, this process alone, or jobs of a Slurm cluster.",
    ),
  jobs: z
    .int()
    .min(1)
    .max(1024)
    .nullable()
    .default(null)
    .describe("Worker processes of the pool; null: as many as cores for their threads."),
  retries: z
    .int()
    .min(0)
    .max(100)
    .default(2)
    .describe("How often a step is tried again whose worker was killed or whose job was lost."),
  slurm: z
    .strictObject({
      ...resources,
      maxQueued: z
        .int()
        .min(1)
        .default(1000)
        .describe("Most jobs of this run in the queue at once, array tasks counted."),
      steps: perKind.prefault({}).describe("Resources by kind of step, in place of those above."),
    })
    .prefault({})
    .describe("How jobs are submitted with `executor: slurm`."),
});
