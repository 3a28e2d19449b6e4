import type { SpecPath } from "./document.js";
import type { Spec } from "./schema.js";

/** Called with every path in a spec and where it stands; what it returns takes its place. */
export type PathVisitor = (written: string, at: SpecPath) => string;

/** A copy of the spec with every file or folder name passed through `visit`. */
export function mapPaths(spec: Spec, visit: PathVisitor): Spec {
  const { checkpoint, config } = spec.model;
  return {
    ...spec,
    model: {
      ...spec.model,
      ...(checkpoint === undefined
        ? {}
        : { checkpoint: visit(checkpoint, ["model", "checkpoint"]) }),
      ...(config?.tokenizer === undefined
        ? {}
        : {
            config: {
              ...config,
              tokenizer: visit(config.tokenizer, ["model", "config", "tokenizer"]),
            },
          }),
    },
    ...(spec.generatedRowsFile === undefined
      ? {}
      : { generatedRowsFile: visit(spec.generatedRowsFile, ["generatedRowsFile"]) }),
    benchmarks: spec.benchmarks.map((benchmark, index) =>
      mapBenchmark(benchmark, (written, at) => visit(written, ["benchmarks", index, ...at])),
    ),
  };
}

function mapBenchmark(
  benchmark: Spec["benchmarks"][number],
  visit: PathVisitor,
): Spec["benchmarks"][number] {
  if (benchmark.kind === "tweet-irony") {
    return { ...benchmark, folder: visit(benchmark.folder, ["folder"]) };
  }
  if (benchmark.kind === "toy-world") return benchmark;
  const file = <File extends { file: string }>(value: File, at: SpecPath): File => ({
    ...value,
    file: visit(value.file, at),
  });
  return {
    ...benchmark,
    real: {
      train: file(benchmark.real.train, ["real", "train"]),
      validation: file(benchmark.real.validation, ["real", "validation"]),
      test: file(benchmark.real.test, ["real", "test"]),
    },
    generated: Object.fromEntries(
      Object.entries(benchmark.generated).map(([name, value]) => [
        name,
        file(value, ["generated", name]),
      ]),
    ),
  };
}
