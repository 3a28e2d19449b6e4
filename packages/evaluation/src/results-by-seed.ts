import { at } from "@counterweight/base";
import { type Condition, conditionOf, type ResultRow } from "./results.js";

/** One training run's scores; shares, 0 to 1, and nats. */
export interface SeedResult extends Condition {
  readonly seed: number;
  readonly method: string;
  readonly testRows: number;
  readonly accuracy: number;
  readonly macroF1: number;
  /** Nats; absent unless every seed of the method has it. */
  readonly logLoss?: number;
}

/**
 * The values behind the means, grouped by seed: under each condition all methods of the smallest
 * seed, then of the next. Methods of one seed share what the seed decides (checker rows, order of
 * batches), so they are best read side by side.
 */
export function resultsBySeed(rows: readonly ResultRow[]): SeedResult[] {
  const results = rows.flatMap((row, place) =>
    row.seeds.map((seed, index) => ({
      group: rows.findIndex((other) => isSame(conditionOf(other), conditionOf(row))),
      place,
      result: {
        ...conditionOf(row),
        seed,
        method: row.method,
        testRows: row.testRows,
        accuracy: at(row.accuracy.values, index),
        macroF1: at(row.macroF1.values, index),
        ...(row.logLoss === undefined ? {} : { logLoss: at(row.logLoss.values, index) }),
      },
    })),
  );
  return results
    .sort(
      (left, right) =>
        left.group - right.group ||
        left.result.seed - right.result.seed ||
        left.place - right.place,
    )
    .map(({ result }) => result);
}

function isSame(one: Condition, other: Condition): boolean {
  return (
    one.benchmark === other.benchmark &&
    one.generated === other.generated &&
    one.checkerFraction === other.checkerFraction &&
    one.variant === other.variant
  );
}
