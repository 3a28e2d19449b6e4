import { at, canonicalJson } from "@counterweight/base";
import type { ComparisonMetric, MethodComparisons } from "../comparison.js";
import { conditionOf, type ResultRow } from "../results.js";

/**
 * The place of the highest mean among rows of one condition, if comparisons tell it apart from the
 * second highest; undefined where they do not, or where the two were not compared.
 */
export function distinguishedBest(
  members: readonly (ResultRow | undefined)[],
  metric: ComparisonMetric,
  comparisons: readonly MethodComparisons[],
): number | undefined {
  const ranked = members
    .flatMap((row, place) => (row === undefined ? [] : [{ row, place }]))
    .sort((left, right) => right.row[metric].mean - left.row[metric].mean);
  if (ranked.length < 2) return undefined;
  const best = at(ranked, 0);
  const second = at(ranked, 1).row;
  const condition = canonicalJson(conditionOf(best.row));
  const isFound = comparisons
    .flatMap(({ rows }) => rows)
    .some(
      (row) =>
        row.metric === metric &&
        canonicalJson(conditionOf(row)) === condition &&
        ((row.verdict === "A better" &&
          row.methodA === best.row.method &&
          row.methodB === second.method) ||
          (row.verdict === "B better" &&
            row.methodB === best.row.method &&
            row.methodA === second.method)),
    );
  return isFound ? best.place : undefined;
}
