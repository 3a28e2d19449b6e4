import type { Benchmark } from "../benchmark.js";
import type { OptionShapes } from "./options.js";

/** A loss whose limit a benchmark may know: its method name in specs, and gamma. */
export interface LossName {
  /** "ce", "focal", "imp", "imp-no-diversity", "dimp", or "quality-checker". */
  readonly method: string;
  /** Exponent of the loss. Default: 1. */
  readonly gamma?: number;
}

/** A benchmark as loaded, with what a report should say about it. */
export interface LoadedBenchmark {
  readonly benchmark: Benchmark;
  /** Sentences on what was read: columns taken, rows skipped, how rows were split. */
  readonly notes: readonly string[];
  /**
   * Class indices that the generated rows should have had, `[generated rows]`, by the rows of
   * `benchmark.generated` as loaded (before any sampling). Only where people labelled the same texts.
   * Never seen by training: with them an audit checks the weights' verdicts row by row.
   */
  readonly generatedTrueLabels?: Int32Array;
  /**
   * Accuracy on the real distribution, in [0, 1], of the classifier that a loss leads to with
   * unlimited rows and perfect checkers. Only where P and Q are known (the toy world); undefined
   * for a method it does not know.
   */
  readonly expectedAccuracy?: (loss: LossName) => number | undefined;
}

/**
 * A built-in benchmark. `experiments` shows `options` in its schema, hands `load` the resolved
 * record of the YAML file, and knows nothing else about it.
 */
export interface BenchmarkSource {
  /** Name in specs. */
  readonly name: string;
  /** One line for lists. */
  readonly summary: string;
  /** The options that a spec may give; a runtime description for schemas and checks. */
  readonly options: OptionShapes;
  /**
   * Reads or makes the rows.
   * @param options plain values, already resolved: paths are usable as they are.
   * @throws CounterweightError `spec` for options that do not fit, `data` for files that do not.
   */
  readonly load: (options: Readonly<Record<string, unknown>>) => Promise<LoadedBenchmark>;
}
