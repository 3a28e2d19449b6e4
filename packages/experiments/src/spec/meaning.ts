import { at } from "@counterweight/base";
import type { SpecPath } from "./document.js";
import type { Spec } from "./schema.js";
import { didYouMean } from "./suggest.js";

/** A problem of meaning: every key is well formed, but they do not fit together. */
export interface MeaningProblem {
  readonly at: SpecPath;
  readonly message: string;
  /** Point at the key rather than at its value. */
  readonly onKey?: boolean;
}

/** Checks what a schema cannot say: choices that exclude each other, names that must agree. */
export function meaningProblems(spec: Spec): MeaningProblem[] {
  return [
    ...modelProblems(spec),
    ...repeated(
      spec.benchmarks.map(({ name }) => name),
      ["benchmarks"],
      "benchmark",
    ),
    ...repeated(
      spec.methods.map(({ name }) => name),
      ["methods"],
      "method",
    ),
    ...repeated(spec.seeds, ["seeds"], "seed"),
    ...repeated(spec.checkerFraction, ["checkerFraction"], "fraction"),
    ...generatedProblems(spec),
    ...rowProblems(spec),
  ];
}

function modelProblems({ model }: Spec): MeaningProblem[] {
  if ((model.checkpoint === undefined) === (model.config === undefined)) {
    return [{ at: ["model"], message: "needed either checkpoint or config, and not both." }];
  }
  const { config } = model;
  if (config !== undefined && config.hiddenSize % config.heads !== 0) {
    const message = `needed a divisor of hiddenSize (${config.hiddenSize}), got ${config.heads}.`;
    return [{ at: ["model", "config", "heads"], message }];
  }
  return [];
}

function repeated(
  values: readonly (string | number)[],
  path: SpecPath,
  noun: string,
): MeaningProblem[] {
  return values.flatMap((value, index) =>
    values.indexOf(value) === index
      ? []
      : [
          {
            at: [...path, index],
            message: `the ${noun} ${value} is there twice.${noun === "method" || noun === "benchmark" ? " Give one another name." : ""}`,
          },
        ],
  );
}

function generatedProblems(spec: Spec): MeaningProblem[] {
  const names = spec.benchmarks.map(({ name }) => name);
  const strangers = Object.keys(spec.generated)
    .filter((name) => !names.includes(name))
    .map((name) => ({
      at: ["generated", name],
      message: `no benchmark has this name. ${didYouMean(name, names)}`,
      onKey: true,
    }));
  const missing = spec.benchmarks.flatMap((benchmark, index): MeaningProblem[] => {
    const chosen = Object.hasOwn(spec.generated, benchmark.name)
      ? spec.generated[benchmark.name]
      : undefined;
    const sources = sourceNames(benchmark);
    if (sources === undefined) {
      return chosen === undefined
        ? []
        : [{ at: ["generated", benchmark.name], message: "a toy world has only its own source." }];
    }
    if (chosen === undefined) {
      if (sources.length === 1) return [];
      const choice = `generated: { ${benchmark.name}: ${sources[0] ?? "name"} }`;
      const known = sources.length === 0 ? "" : ` Known: ${sources.join(", ")}.`;
      return [
        {
          at: ["benchmarks", index],
          message: `no generated source is named for it. Write ${choice}.${known}`,
        },
      ];
    }
    if (sources.includes(chosen)) return [];
    const message = `${benchmark.name} has no generated source "${chosen}". ${didYouMean(chosen, sources)}`;
    return [{ at: ["generated", benchmark.name], message }];
  });
  return [...strangers, ...missing];
}

/** Generated sources by kind; the published files of Tweet Irony, a user's own, none for a toy. */
function sourceNames(benchmark: Spec["benchmarks"][number]): readonly string[] | undefined {
  switch (benchmark.kind) {
    case "tweet-irony":
      return tweetIronySources;
    case "files":
      return Object.keys(benchmark.generated);
    case "toy-world":
      return undefined;
  }
}

/** Names of the generated sources of Tweet Irony, as its files are called. */
export const tweetIronySources = [
  "gpt-3.5-turbo_zero-shot",
  "gpt-3.5-turbo_few-shot",
  "gpt-4.1-mini",
] as const;

/** The generated source a benchmark learns from; checked before by `meaningProblems`. */
export function generatedSource(spec: Spec, benchmark: Spec["benchmarks"][number]): string {
  const sources = sourceNames(benchmark);
  if (sources === undefined) return "toy-world";
  return spec.generated[benchmark.name] ?? at(sources, 0);
}

function rowProblems(spec: Spec): MeaningProblem[] {
  if (spec.generatedRowsFile === undefined) return [];
  if (spec.generatedRows !== undefined) {
    const message = "needed either generatedRows or generatedRowsFile, and not both.";
    return [{ at: ["generatedRowsFile"], message, onKey: true }];
  }
  if (spec.benchmarks.length > 1) {
    const message = "a row-index file fits one benchmark; the spec has several.";
    return [{ at: ["generatedRowsFile"], message, onKey: true }];
  }
  return [];
}
