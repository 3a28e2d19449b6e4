import { losses } from "@counterweight/losses";
import { paperSettings } from "@counterweight/trainer";
import { z } from "zod";
import { longestName, namePattern, nameWords, tooLong } from "./names.js";
import { describeTransforms, transformSchema, type WrittenTransform } from "./schema-weights.js";

/** The checker's own row in the results table. */
export const qualityChecker = "quality-checker";

/** What a row of the results table can be: the quality checker, or any loss there is. */
export const methodNames: readonly string[] = [qualityChecker, ...losses.map(({ name }) => name)];

/** Far above what one small training gains from; far more would take all memory of a machine. */
const mostThreads = 256;

/** Every real row its own fold, at twice the rows that folds are meant for. */
const mostFolds = 1000;

const fields = {
  epochs: z.int().min(1).describe("Passes over the rows."),
  batchSize: z.int().min(1).describe("Rows a step; the last batch of an epoch may be smaller."),
  learningRate: z.number().gt(0).describe("Peak learning rate."),
  maxLength: z.int().min(3).describe("Tokens kept of a row, [CLS] and [SEP] included."),
  schedule: z
    .enum(["linear", "cosine", "constant"])
    .describe("Course of the learning rate after warm-up; linear and cosine end at 0."),
  warmupRatio: z.number().min(0).lt(1).describe("Share of the steps with a rising rate."),
  optimizer: z.enum(["adamw", "sgd"]).describe("Optimiser."),
  beta1: z.number().min(0).lt(1).describe("AdamW: decay of the first moment."),
  beta2: z.number().min(0).lt(1).describe("AdamW: decay of the second moment."),
  epsilon: z.number().gt(0).describe("AdamW: added to the root of the second moment."),
  momentum: z.number().min(0).lt(1).describe("SGD: momentum."),
  weightDecay: z.number().min(0).describe("Decoupled weight decay."),
  clipNorm: z
    .number()
    .gt(0)
    .nullable()
    .describe("Largest global gradient norm; null: no clipping."),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .nullable()
    .describe("Dropout everywhere in the model; null: as the model's config says."),
  selectBy: z
    .enum(["accuracy", "macro-f1", "last"])
    .describe("Which epoch is kept: best on validation (the earliest of equals), or the last."),
  threads: z
    .int()
    .min(1)
    .max(mostThreads)
    .describe(
      "Compute threads of one training. Bits may depend on it, so it is fixed here and never by load; a pool of trainings with one thread each does more work on the same cores than one training with all of them.",
    ),
};

/** Settings of a training, with the paper's values (and authors' code) as defaults. */
export const trainSchema = z.strictObject({
  epochs: fields.epochs.default(paperSettings.epochs),
  batchSize: fields.batchSize.default(paperSettings.batchSize),
  learningRate: fields.learningRate.default(paperSettings.learningRate),
  maxLength: fields.maxLength.default(128),
  schedule: fields.schedule.default(paperSettings.schedule),
  warmupRatio: fields.warmupRatio.default(paperSettings.warmupRatio),
  optimizer: fields.optimizer.default(paperSettings.optimizer),
  beta1: fields.beta1.default(paperSettings.beta1),
  beta2: fields.beta2.default(paperSettings.beta2),
  epsilon: fields.epsilon.default(paperSettings.epsilon),
  momentum: fields.momentum.default(paperSettings.momentum),
  weightDecay: fields.weightDecay.default(paperSettings.weightDecay),
  clipNorm: fields.clipNorm.default(paperSettings.clipNorm),
  dropout: fields.dropout.default(null),
  selectBy: fields.selectBy.default(paperSettings.selectBy),
  threads: fields.threads.default(1),
});

/**
 * The same keys, none required and none defaulted: what is absent comes from `train`; and what only
 * a quality checker has.
 */
export const checkerSchema = z
  .strictObject(fields)
  .partial()
  .extend({
    folds: z
      .int()
      .min(2)
      .max(mostFolds)
      .optional()
      .describe(
        "Train this many quality checkers, each on all real rows but one fold, and let them vote. The real train and validation rows become one pool that teaches the checkers and, scored out of fold, chooses the classifier. For 50 to 500 real rows.",
      ),
    calibration: z
      .enum(["none", "temperature"])
      .default("none")
      .describe(
        "Temperature scaling of the quality checker's scores, fitted on real rows it was not trained on.",
      ),
  });

/** What of `checker` are settings of a training. */
export function checkerSettings(checker: z.output<typeof checkerSchema>): Partial<TrainFields> {
  const { folds: _, calibration: __, ...settings } = checker;
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

type TrainFields = z.output<typeof trainSchema>;

const gamma = z
  .number()
  .min(0)
  .default(1)
  .describe("Exponent of the weight (or of focal's factor).");

/** `imp`, or `{ loss: imp, gamma: 0.5, name: imp-half }`. */
export const methodSchema = z
  .union([
    z.enum(methodNames),
    z.strictObject({
      loss: z.enum(methodNames).describe("Which loss."),
      gamma,
      transform: z
        .array(transformSchema)
        .optional()
        .describe("Changes of this method's weights, in place of `weights.transform`."),
      name: z
        .string()
        .regex(namePattern, nameWords)
        .max(longestName, tooLong)
        .optional()
        .describe(
          "Name in tables and files; `loss`, with gamma if not 1 and its transforms, by default.",
        ),
    }),
  ])
  .transform((method): MethodSpec => {
    if (typeof method === "string") return { loss: method, gamma: 1, name: method };
    const { loss, gamma, transform, name } = method;
    const own = gamma === 1 ? loss : `${loss}-gamma-${gamma}`;
    const changes = (transform ?? []).map((one) => `-${slug(describeTransforms([one]))}`).join("");
    return {
      loss,
      gamma,
      name: name ?? `${own}${changes}`,
      ...(transform === undefined ? {} : { transform }),
    };
  });

/** One row of the table, every shorthand written out. */
export interface MethodSpec {
  readonly loss: string;
  readonly gamma: number;
  readonly name: string;
  /** In place of `weights.transform`. */
  readonly transform?: readonly WrittenTransform[];
}

const slug = (words: string): string =>
  words.replace(/\.\.$/, "..up").replace(/[^A-Za-z0-9.]+/g, "-");

/** A pretrained folder, or the sizes of a model with random weights. Exactly one of the two. */
export const modelSchema = z.strictObject({
  checkpoint: z
    .string()
    .optional()
    .describe(
      "Folder with `config.json`, `model.safetensors` and the tokenizer's files, or an id of the Hugging Face hub (`org/name`, `org/name@revision`), kept in the hub's own cache.",
    ),
  pooling: z
    .enum(["cls", "mean"])
    .optional()
    .describe(
      "What the head sees: the first token's vector (cls) or the mean over the row's tokens. Default: cls, or what a model saved by Counterweight was trained with; the pooling of sentence-transformers models is not read.",
    ),
  config: z
    .strictObject({
      hiddenSize: z.int().min(1).describe("Width of the encoder."),
      layers: z.int().min(1).describe("Encoder layers."),
      heads: z.int().min(1).describe("Attention heads; must divide `hiddenSize`."),
      intermediateSize: z.int().min(1).describe("Width of the feed-forward layers."),
      dropout: z.number().min(0).lt(1).default(0.1).describe("Dropout, attention's included."),
      maxPositions: z.int().min(3).default(512).describe("Longest row in tokens."),
      tokenizer: z
        .string()
        .optional()
        .describe("Folder with tokenizer files; without it every word of the data is a token."),
    })
    .optional()
    .describe("Sizes of a BERT that starts from random weights."),
});
