import type { SpecPath } from "./document.js";
import { setIn, valueAt } from "./plain.js";
import type { Spec } from "./schema.js";
import { type BenchmarkSpec, shapesOf } from "./schema-benchmarks.js";
import { isTrackingFolder } from "./schema-run.js";
import type { Settings, SweepSpec } from "./schema-sweep.js";

/**
 * Called with every path in a spec, where it stands and whether it may be an id of the hub instead;
 * what it returns takes its place.
 */
export type PathVisitor = (written: string, at: SpecPath, kind: "model" | "file") => string;

/** A copy of the spec with every file or folder name passed through `visit`. */
export function mapPaths(spec: Spec, visit: PathVisitor): Spec {
  const { uri } = spec.tracking;
  return {
    ...spec,
    ...(uri === undefined || !isTrackingFolder(uri)
      ? {}
      : { tracking: { ...spec.tracking, uri: visit(uri, ["tracking", "uri"], "file") } }),
    model: mapModel(spec.model, (written, at) => visit(written, ["model", ...at], "model")),
    ...(spec.generatedRowsFile === undefined
      ? {}
      : { generatedRowsFile: visit(spec.generatedRowsFile, ["generatedRowsFile"], "file") }),
    benchmarks: spec.benchmarks.map((benchmark, index) =>
      mapBenchmark(benchmark, (written, at) =>
        visit(written, ["benchmarks", index, ...at], "file"),
      ),
    ),
    sweep: mapSweep(spec.sweep, visit),
  };
}

type Visit = (written: string, at: SpecPath) => string;

function mapModel(model: Spec["model"], visit: Visit): Spec["model"] {
  const { checkpoint, config } = model;
  return {
    ...model,
    ...(checkpoint === undefined ? {} : { checkpoint: visit(checkpoint, ["checkpoint"]) }),
    ...(config?.tokenizer === undefined
      ? {}
      : { config: { ...config, tokenizer: visit(config.tokenizer, ["config", "tokenizer"]) } }),
  };
}

/** Where paths stand in the value of a swept setting, by its key. */
const sweptPaths: Readonly<Record<string, readonly SpecPath[]>> = {
  model: [["checkpoint"], ["config", "tokenizer"]],
  "model.checkpoint": [[]],
  "model.config": [["tokenizer"]],
  "model.config.tokenizer": [[]],
  generatedRowsFile: [[]],
};

/** Whether values of a swept setting are file or folder names. */
export const isPathKey = (key: string): boolean => sweptPaths[key]?.[0]?.length === 0;

function mapSweep(sweep: SweepSpec, visit: PathVisitor): SweepSpec {
  const value = (key: string, written: unknown, at: SpecPath): unknown => {
    let mapped = written;
    for (const path of (Object.hasOwn(sweptPaths, key) ? sweptPaths[key] : undefined) ?? []) {
      const found = valueAt(written, path);
      if (typeof found !== "string") continue;
      const kind = key === "generatedRowsFile" ? "file" : "model";
      mapped = setIn(mapped, path, visit(found, [...at, ...path], kind));
    }
    return mapped;
  };
  const columns = (group: SweepSpec["axes"], at: SpecPath): SweepSpec["axes"] =>
    mapEntries(group, (key, values) =>
      values.map((written, index) => value(key, written, [...at, key, index])),
    );
  const rules = (list: readonly Settings[], part: string): Settings[] =>
    list.map((rule, index) =>
      mapEntries(rule, (key, written) => value(key, written, ["sweep", part, index, key])),
    );
  return {
    ...sweep,
    axes: columns(sweep.axes, ["sweep", "axes"]),
    zip: sweep.zip.map((group, index) => columns(group, ["sweep", "zip", index])),
    exclude: rules(sweep.exclude, "exclude"),
    include: rules(sweep.include, "include"),
  };
}

const mapEntries = <From, To>(
  record: Readonly<Record<string, From>>,
  map: (key: string, value: From) => To,
): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(key, value)]));

function mapBenchmark(benchmark: BenchmarkSpec, visit: Visit): BenchmarkSpec {
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
