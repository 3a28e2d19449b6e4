import type { Interval } from "./bootstrap.js";

/** What a result was measured on. A part that a method does not depend on is left out. */
export interface Condition {
  readonly benchmark: string;
  /** Name of the generated source. */
  readonly generated?: string;
  /** Share of the real training rows that the quality checker sees, 0 to 1. */
  readonly checkerFraction?: number;
  /** Name of the combination of swept settings; absent or empty where nothing is swept. */
  readonly variant?: string;
}

/** One training run, scored on the test rows. */
export interface TrialResult extends Condition {
  readonly method: string;
  /** Training seed. */
  readonly seed: number;
  /** The label set in class order. */
  readonly labelNames: readonly string[];
  /** Gold class indices `[test rows]`. */
  readonly testLabels: Int32Array;
  /** Predicted class indices `[test rows]`. */
  readonly predictions: Int32Array;
  /** Mean negative log-probability of the gold labels, nats. */
  readonly logLoss?: number;
}

/** A score over training seeds. */
export interface SeedSummary {
  readonly mean: number;
  /** Sample standard deviation (n - 1); absent for one seed. */
  readonly standardDeviation?: number;
  /** One value for each of the row's seeds, in their order. */
  readonly values: readonly number[];
}

/** A score over training seeds with an interval over test rows. */
export interface BoundedSummary extends SeedSummary {
  readonly interval: Interval;
}

/** One method under one condition; scores are shares, 0 to 1. */
export interface ResultRow extends Condition {
  readonly method: string;
  /** Training seeds, ascending. */
  readonly seeds: readonly number[];
  readonly testRows: number;
  readonly accuracy: BoundedSummary;
  readonly macroF1: BoundedSummary;
  /** Nats; absent unless every seed has it. */
  readonly logLoss?: SeedSummary;
  /** Accuracy that theory gives, where the world's probabilities are known (the toy world). */
  readonly closedFormAccuracy?: number;
}

/** The condition alone, without whatever else the value carries; an empty variant is none. */
export function conditionOf({
  benchmark,
  generated,
  checkerFraction,
  variant,
}: Condition): Condition {
  return {
    benchmark,
    ...(generated === undefined ? {} : { generated }),
    ...(checkerFraction === undefined ? {} : { checkerFraction }),
    ...(isVariant(variant) ? { variant } : {}),
  };
}

/** Whether this names a variant: the only one of a spec that sweeps nothing has no name. */
export const isVariant = (variant: string | undefined): variant is string =>
  variant !== undefined && variant !== "";

/**
 * A condition in words, such as `tweet-irony, gpt-4o_few-shot, quality checker on 10 % of real rows`.
 *
 * @param parts which parts to name; default all that the condition has
 */
export function describeCondition(
  condition: Condition,
  parts: readonly (keyof Condition)[] = CONDITION_PARTS,
): string {
  const words = {
    benchmark: condition.benchmark,
    // A benchmark that makes its own generated rows gives them its name: once is enough.
    generated:
      condition.generated === condition.benchmark && parts.includes("benchmark")
        ? undefined
        : condition.generated,
    checkerFraction:
      condition.checkerFraction === undefined
        ? undefined
        : `quality checker on ${Number((condition.checkerFraction * 100).toPrecision(6))} % of real rows`,
    variant: isVariant(condition.variant) ? condition.variant : undefined,
  };
  return parts.flatMap((part) => words[part] ?? []).join(", ");
}

const CONDITION_PARTS = ["benchmark", "generated", "checkerFraction", "variant"] as const;

/** Which parts are the same in all conditions, and which are not. */
export function splitParts(conditions: readonly Condition[]): {
  readonly shared: readonly (keyof Condition)[];
  readonly differing: readonly (keyof Condition)[];
} {
  const isShared = (part: keyof Condition): boolean =>
    new Set(conditions.map((condition) => condition[part])).size === 1;
  const parts = conditions.some(({ variant }) => isVariant(variant))
    ? CONDITION_PARTS
    : CONDITION_PARTS.filter((part) => part !== "variant");
  return {
    shared: parts.filter(isShared),
    differing: parts.filter((part) => !isShared(part)),
  };
}
