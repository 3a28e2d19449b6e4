import { generatedSource } from "./meaning.js";
import type { Spec } from "./schema.js";

/** One cell of the table for one seed: a flat, readable record. */
export interface Trial {
  readonly benchmark: string;
  readonly generated: string;
  readonly checkerFraction: number;
  readonly seed: number;
  /** Name of the row in the table. */
  readonly method: string;
  /** A loss, or `quality-checker`. */
  readonly loss: string;
  readonly gamma: number;
}

/**
 * All trials of a spec: benchmarks, then fractions, then seeds, then methods, each in the order
 * written. The order is stable, so files and tables of two runs compare line by line.
 */
export function expandTrials(spec: Spec): Trial[] {
  return spec.benchmarks.flatMap((benchmark) =>
    spec.checkerFraction.flatMap((checkerFraction) =>
      spec.seeds.flatMap((seed) =>
        spec.methods.map(
          ({ name, loss, gamma }): Trial => ({
            benchmark: benchmark.name,
            generated: generatedSource(spec, benchmark),
            checkerFraction,
            seed,
            method: name,
            loss,
            gamma,
          }),
        ),
      ),
    ),
  );
}
