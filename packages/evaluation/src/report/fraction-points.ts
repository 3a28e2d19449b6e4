import { at } from "@counterweight/base";
import { type Condition, conditionOf, type ResultRow } from "../results.js";
import type { Band } from "./band-chart.js";
import { byCondition, byMethod } from "./parts.js";

/** Test accuracy against the checker's share of real rows, of one benchmark, source and variant. */
export interface FractionCourse {
  /** Without a fraction. */
  readonly condition: Condition;
  readonly methods: readonly { readonly method: string; readonly points: Band["points"] }[];
  /** How many training seeds there are, fewest and most of any point. */
  readonly seeds: readonly [number, number];
}

/**
 * Rows as courses over fractions, percent on both axes: mean, lowest and highest seed. Only those of
 * two fractions and more; a method that no fraction changes is as good at each.
 */
export function fractionCourses(rows: readonly ResultRow[]): FractionCourse[] {
  const without = rows.map((row) => {
    const { checkerFraction: _, ...condition } = conditionOf(row);
    return { ...condition, method: row.method, row };
  });
  return byCondition(without).flatMap(({ condition, items }): FractionCourse[] => {
    const fractions = items.flatMap(({ row }) => row.checkerFraction ?? []);
    const ascending = [...new Set(fractions)].sort((left, right) => left - right);
    if (ascending.length < 2) return [];
    const counts = items.map(({ row }) => row.seeds.length);
    const methods = byMethod(items).map(({ method, items: own }) => ({
      method,
      points: ascending.flatMap((fraction) => {
        const found = own.find(({ row }) => (row.checkerFraction ?? fraction) === fraction);
        return found === undefined ? [] : [pointOf(fraction, found.row)];
      }),
    }));
    return [{ condition, methods, seeds: [Math.min(...counts), Math.max(...counts)] }];
  });
}

function pointOf(fraction: number, { accuracy }: ResultRow): Band["points"][number] {
  const ascending = Float64Array.from(accuracy.values).sort();
  return {
    // Shares such as 0.07 are not exact in binary; tenths of percents are enough.
    x: Number((100 * fraction).toPrecision(6)),
    mean: 100 * accuracy.mean,
    low: 100 * at(ascending, 0),
    high: 100 * at(ascending, ascending.length - 1),
  };
}
