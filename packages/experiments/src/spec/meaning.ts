import { parse } from "node:path";
import { CounterweightError } from "@counterweight/base";
import { checkTransforms, lossByName } from "@counterweight/losses";
import type { SpecPath } from "./document.js";
import type { Spec } from "./schema.js";
import { type BenchmarkSpec, namedSources } from "./schema-benchmarks.js";
import { qualityChecker } from "./schema-training.js";
import { type WrittenTransform, weightTransform } from "./schema-weights.js";
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
    ...gammaProblems(spec),
    ...transformProblems(spec),
    ...generatedProblems(spec),
    ...rowProblems(spec),
    ...hiddenWordProblems(spec),
  ];
}

function modelProblems(spec: Spec): MeaningProblem[] {
  const { model } = spec;
  if ((model.checkpoint === undefined) === (model.config === undefined)) {
    return [{ at: ["model"], message: "needed either checkpoint or config, and not both." }];
  }
  const { config } = model;
  if (config !== undefined && config.hiddenSize % config.heads !== 0) {
    const message = `needed a divisor of hiddenSize (${config.hiddenSize}), got ${config.heads}.`;
    return [{ at: ["model", "config", "heads"], message }];
  }
  return config === undefined ? [] : lengthProblems(spec, config.maxPositions);
}

/** Rows longer than the model's positions; for a checkpoint its own config says, when it is read. */
function lengthProblems({ train, checker }: Spec, positions: number): MeaningProblem[] {
  const lengths = { train: train.maxLength, checker: checker.maxLength ?? 0 };
  return Object.entries(lengths).flatMap(([part, length]) => {
    if (length <= positions) return [];
    const message = `is ${length}, but the model has ${positions} positions (model.config.maxPositions).`;
    return [{ at: [part, "maxLength"], message }];
  });
}

/** Gamma changes nothing for methods without a weight; saying so beats two equal rows. */
function gammaProblems({ methods }: Spec): MeaningProblem[] {
  return methods.flatMap(({ loss, gamma }, index) =>
    gamma !== 1 && (loss === "ce" || loss === qualityChecker)
      ? [{ at: ["methods", index, "gamma"], message: `${loss} has no gamma.` }]
      : [],
  );
}

/** Bounds that cross, and transforms of a method without weights, before a checker is trained for them. */
function transformProblems({ methods, weights }: Spec): MeaningProblem[] {
  const own = methods.flatMap(({ loss, transform }, index): MeaningProblem[] => {
    if (transform === undefined || transform.length === 0) return [];
    const at = ["methods", index, "transform"];
    const isWeighted = loss !== qualityChecker && lossByName(loss).weighted;
    if (isWeighted) return crossedBounds(transform, at);
    return [{ at, message: `${loss} has no weights of checkers to transform.` }];
  });
  return [...own, ...crossedBounds(weights.transform, ["weights", "transform"])];
}

function crossedBounds(transforms: readonly WrittenTransform[], path: SpecPath): MeaningProblem[] {
  return transforms.flatMap((written, index): MeaningProblem[] => {
    try {
      checkTransforms([weightTransform(written)]);
      return [];
    } catch (error) {
      if (!(error instanceof CounterweightError)) throw error;
      // Its place among several is the path's to tell.
      return [{ at: [...path, index], message: error.message.replace(`${error.where}: `, "") }];
    }
  });
}

function repeated(
  values: readonly (string | number)[],
  path: SpecPath,
  noun: string,
): MeaningProblem[] {
  const first = new Map<string | number, number>();
  values.forEach((value, index) => {
    if (!first.has(value)) first.set(value, index);
  });
  return values.flatMap((value, index) =>
    first.get(value) === index
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
  const wrong = spec.benchmarks.flatMap((benchmark, index): MeaningProblem[] => {
    const { name, kind } = benchmark;
    const above = spec.generated[name];
    const sources = namedSources(kind);
    if (sources === undefined) {
      const message = `${name} has no named sources: ${kind} says itself where its generated rows come from.`;
      return above === undefined ? [] : [{ at: ["generated", name], message }];
    }
    if (above !== undefined && benchmark.generated !== undefined) {
      return [{ at: ["generated", name], message: "is named in the benchmark too; keep one." }];
    }
    if (above === undefined && benchmark.generated === undefined) {
      const choice = `generated: { ${name}: ${sources[0]} }`;
      const message = `no generated source is named for ${name}. Write ${choice}. Known: ${sources.join(", ")}.`;
      return [{ at: ["benchmarks", index], message }];
    }
    if (above === undefined || sources.includes(above)) return [];
    const message = `${name} has no generated source "${above}". ${didYouMean(above, sources)}`;
    return [{ at: ["generated", name], message }];
  });
  return [...strangers, ...wrong];
}

/** Name of the generated source a benchmark learns from, as tables show it. */
export function generatedSource(spec: Pick<Spec, "generated">, benchmark: BenchmarkSpec): string {
  const own = benchmark.generated;
  const chosen = spec.generated[benchmark.name] ?? (typeof own === "string" ? own : undefined);
  if (chosen === undefined) return benchmark.kind;
  return namedSources(benchmark.kind) === undefined ? parse(chosen).name : chosen;
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

/** A saved model carries its vocabulary: where that is every word of the data, hidden texts show. */
function hiddenWordProblems({ hideRowText, saveModels, model }: Spec): MeaningProblem[] {
  const isVocabularyOfData = model.config !== undefined && model.config.tokenizer === undefined;
  if (!hideRowText || !saveModels || !isVocabularyOfData) return [];
  const message =
    "a model without checkpoint has every word of the data as its vocabulary, the test rows' too, and saving writes it; hideRowText forbids that. Give model.config.tokenizer or a checkpoint, or leave one of the two keys out.";
  return [{ at: ["saveModels"], message, onKey: true }];
}
