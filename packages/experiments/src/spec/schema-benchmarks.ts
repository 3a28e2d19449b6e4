import { at } from "@counterweight/base";
import { benchmarkSources, type OptionShape } from "@counterweight/data";
import { z } from "zod";
import { longestName, namePattern, nameWords, tooLong } from "./names.js";

/** A benchmark as resolved: its kind, its name in tables, and the kind's own options. */
export type BenchmarkSpec = { readonly kind: string; readonly name: string } & Readonly<
  Record<string, unknown>
>;

/** Options that the top of a spec gives to every kind, and so no mapping needs to. */
const generatedOption = "generated";

/** The generated sources of a kind, where it has named ones; their own names, in order. */
export function namedSources(kind: string): readonly string[] | undefined {
  return shapesOf(kind)[generatedOption]?.choices;
}

/** The option shapes of a kind; empty for an unknown kind. */
export function shapesOf(kind: string): Readonly<Record<string, OptionShape>> {
  return benchmarkSources.find(({ name }) => name === kind)?.options ?? {};
}

const number = (schema: z.ZodNumber, { minimum }: OptionShape): z.ZodNumber =>
  minimum === undefined ? schema : schema.min(minimum);

const text = ({ choices }: OptionShape): z.ZodType<string> =>
  choices === undefined ? z.string() : z.enum(choices);

const kinds: { readonly [K in OptionShape["kind"]]: (shape: OptionShape) => z.ZodType } = {
  path: () => z.string(),
  string: text,
  integer: (shape) => number(z.int(), shape),
  number: (shape) => number(z.number(), shape),
  boolean: () => z.boolean(),
  strings: (shape) => z.array(text(shape)),
  "string-map": () => z.record(z.string(), z.string().nullable()),
  "path-map": () => z.record(z.string(), z.string()),
  "number-map": () => z.record(z.string(), z.number()),
};

/** Where the data of a kind lies in a folder of assets, for those who name no folder. */
const assetFolder = (kind: string): string => `\${COUNTERWEIGHT_ASSETS}/data/${kind}`;

function optionSchema(kind: string, key: string, shape: OptionShape): z.ZodType {
  const schema = kinds[shape.kind](shape);
  const described = (of: z.ZodType): z.ZodType => of.describe(shape.description);
  if (key === "folder") return described(schema.default(assetFolder(kind)));
  const chosenAbove = key === generatedOption && shape.choices !== undefined;
  return described(shape.required === true && !chosenAbove ? schema : schema.optional());
}

const nameSchema = z
  .string()
  .regex(namePattern, nameWords)
  .max(longestName, tooLong)
  .optional()
  .describe("Name in tables and files; `kind` by default.");

const objects = benchmarkSources.map(({ name: kind, options, summary }) =>
  z
    .strictObject({
      kind: z.literal(kind),
      name: nameSchema,
      ...Object.fromEntries(
        Object.entries(options)
          .filter(([key]) => key !== "name")
          .map(([key, shape]) => [key, optionSchema(kind, key, shape)]),
      ),
    })
    .describe(summary),
);

/** Kinds that a spec may name without more: nothing is required of them. */
export const bareKinds: readonly string[] = benchmarkSources
  .filter((_, index) => objects[index]?.safeParse({ kind: benchmarkSources[index]?.name }).success)
  .map(({ name }) => name);

/**
 * `tweet-irony`, or a mapping with `kind` and that kind's own keys. The keys come from the data
 * package, so a new benchmark there is a new kind here.
 */
export const benchmarkSchema = z
  .union([
    z.enum(bareKinds).transform((kind) => ({ kind })),
    z.discriminatedUnion("kind", [at(objects, 0), ...objects.slice(1)]),
  ])
  .transform((benchmark): BenchmarkSpec => {
    const { kind } = benchmark;
    const folder = "folder" in shapesOf(kind) ? { folder: assetFolder(kind) } : {};
    const given = Object.fromEntries(
      Object.entries(benchmark).filter(([, value]) => value !== undefined),
    );
    return { kind, name: kind, ...folder, ...given };
  });
