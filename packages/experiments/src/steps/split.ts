import { rowCount, stratifiedFolds, stratifiedFraction, type TextTable } from "@counterweight/data";
import type { SplitRecipe } from "../plan/recipes.js";
import type { PreparedBenchmark } from "../run/prepare.js";
import type { SplitResult } from "./rows-of.js";
import { tableOf } from "./rows-of.js";

/** Draws the real rows of a quality checker by seed, stratified, and folds of them and validation. */
export function split(
  { fraction, seed, folds }: SplitRecipe,
  prepared: Pick<PreparedBenchmark, "benchmark">,
): SplitResult {
  const { train } = prepared.benchmark;
  // Rows numbered by place: which ones were drawn is then seen in the table itself.
  const places: TextTable = {
    ...train,
    row: Int32Array.from({ length: rowCount(train) }, (_, i) => i),
  };
  const rows =
    fraction === 1
      ? Array.from(places.row)
      : Array.from(stratifiedFraction(places, fraction, seed).row);
  if (folds === undefined) return { rows, folds: null };
  const drawn: SplitResult = { rows, folds: null };
  const pool = tableOf({ kind: "pool", split: "" }, drawn, prepared);
  return { rows, folds: stratifiedFolds(pool, folds, seed) };
}
