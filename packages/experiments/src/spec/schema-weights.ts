import type { WeightTransform } from "@counterweight/losses";
import { z } from "zod";

const bound = z.number().min(0).nullable();

/** `normalise`, `{ temper: 0.5 }`, `{ clip: [0.1, 10] }` or `{ clip: 10 }`. */
export const transformSchema = z.union([
  z.literal("normalise"),
  z.strictObject({
    temper: z.number().min(0).describe("Exponent on the weight; below 1 evens weights out."),
  }),
  z.strictObject({
    clip: z
      .union([z.number().gt(0), z.tuple([bound, bound])])
      .describe("The largest weight, or [smallest, largest]; null leaves a side open."),
  }),
]);

/** A transform as specs write it. */
export type WrittenTransform = z.output<typeof transformSchema>;

/** As the losses package takes it. */
export function weightTransform(written: WrittenTransform): WeightTransform {
  if (written === "normalise") return { kind: "normalise" };
  if ("temper" in written) return { kind: "temper", exponent: written.temper };
  const [minimum, maximum] = Array.isArray(written.clip) ? written.clip : [null, written.clip];
  return {
    kind: "clip",
    ...(minimum === null ? {} : { minimum }),
    ...(maximum === null ? {} : { maximum }),
  };
}

/** Such as `temper 0.5, clip 0.1..10, normalise`: for tables and labels. */
export function describeTransforms(transforms: readonly WrittenTransform[]): string {
  return transforms
    .map((transform) => {
      if (transform === "normalise") return transform;
      if ("temper" in transform) return `temper ${transform.temper}`;
      const { clip } = transform;
      return Array.isArray(clip) ? `clip ${clip[0] ?? 0}..${clip[1] ?? ""}` : `clip ..${clip}`;
    })
    .join(", ");
}

/** What happens to the weights of methods that weight rows by checkers, and who watches them. */
export const weightsSchema = z.strictObject({
  transform: z
    .array(transformSchema)
    .default([])
    .describe(
      "Changes of the weights, in this order, after gamma: `{ temper: exponent }`, `{ clip: largest }` or `{ clip: [smallest, largest] }`, `normalise` (mean 1 in each batch).",
    ),
  guard: z
    .strictObject({
      action: z
        .enum(["warn", "stop", "off"])
        .default("warn")
        .describe("What happens when an epoch's weights are unhealthy; stop fails the training."),
      effectiveShare: z
        .number()
        .min(0)
        .max(1)
        .default(0.05)
        .describe("Smallest healthy effective sample size, as a share of the rows."),
      largestShare: z
        .number()
        .gt(0)
        .max(1)
        .default(0.1)
        .describe("Largest healthy share of the whole weight that one row may carry."),
      vanishedClasses: z
        .boolean()
        .default(true)
        .describe("Whether a class with almost no weight is unhealthy."),
    })
    .prefault({})
    .describe("Limits of weight health, looked at after every epoch."),
});
