import type { SpecPath } from "./document.js";
import type { Spec } from "./schema.js";
import { type BenchmarkSpec, shapesOf } from "./schema-benchmarks.js";
import { isTrackingFolder } from "./schema-run.js";

/** Called with every path in a spec and where it stands; what it returns takes its place. */
export type PathVisitor = (written: string, at: SpecPath) => string;

/** A copy of the spec with every file or folder name passed through `visit`. */
export function mapPaths(spec: Spec, visit: PathVisitor): Spec {
  const { checkpoint, config } = spec.model;
  const { uri } = spec.tracking;
  return {
    ...spec,
    ...(uri === undefined || !isTrackingFolder(uri)
      ? {}
      : { tracking: { ...spec.tracking, uri: visit(uri, ["tracking", "uri"]) } }),
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

function mapBenchmark(benchmark: BenchmarkSpec, visit: PathVisitor): BenchmarkSpec {
  const shapes = shapesOf(benchmark.kind);
  const entries = Object.entries(benchmark).map(([key, value]): [string, unknown] => {
    const kind = shapes[key]?.kind;
    if (kind === "path" && typeof value === "string") return [key, visit(value, [key])];
    if (kind === "path-map" && typeof value === "object" && value !== null) {
      const paths = Object.entries(value).map(([name, path]: [string, unknown]) => [
        name,
        typeof path === "string" ? visit(path, [key, name]) : path,
      ]);
      return [key, Object.fromEntries(paths)];
    }
    return [key, value];
  });
  return { ...Object.fromEntries(entries), kind: benchmark.kind, name: benchmark.name };
}
