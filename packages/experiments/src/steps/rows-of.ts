import { CounterweightError } from "@counterweight/base";
import { concatenate, type Role, select, type TextTable } from "@counterweight/data";
import type { RowsRef } from "../plan/recipes.js";
import type { TokenisedRows } from "../run/backend.js";
import type { PreparedBenchmark } from "../run/prepare.js";
import { joinTokens, selectTokens } from "./tokenised-rows.js";

/** The result of a split step: 0-based rows of the train role, and folds of the pool. */
export interface SplitResult {
  readonly rows: readonly number[];
  readonly folds: readonly (readonly number[])[] | null;
}

/** How a column of rows is taken apart and put together. */
interface Column<T> {
  role(role: Role): T;
  select(column: T, rows: readonly number[]): T;
  /** Train rows first, then validation rows. */
  join(first: T, second: T): T;
}

function rowsOf<T>(ref: RowsRef, split: SplitResult | undefined, column: Column<T>): T {
  if (ref.kind === "role") return column.role(ref.role);
  if (split === undefined) throw new CounterweightError("internal", "rows of no split");
  const fraction = column.select(column.role("train"), split.rows);
  if (ref.kind === "fraction") return fraction;
  const pool = column.join(fraction, column.role("validation"));
  if (ref.kind === "pool") return pool;
  const fold = split.folds?.[ref.fold];
  if (split.folds === null || fold === undefined) {
    throw new CounterweightError("internal", `there is no fold ${ref.fold}`);
  }
  if (ref.kind === "fold") return column.select(pool, fold);
  const others = split.folds.filter((_, other) => other !== ref.fold).flat();
  return column.select(
    pool,
    others.sort((a, b) => a - b),
  );
}

/** The rows a reference means, as a table. */
export function tableOf(
  ref: RowsRef,
  split: SplitResult | undefined,
  { benchmark }: Pick<PreparedBenchmark, "benchmark">,
): TextTable {
  return rowsOf<TextTable>(ref, split, {
    role: (role) => benchmark[role],
    select,
    join: concatenate,
  });
}

/** The same rows as tokens. */
export function tokensOf(
  ref: RowsRef,
  split: SplitResult | undefined,
  tokens: (role: Role) => TokenisedRows,
): TokenisedRows {
  return rowsOf<TokenisedRows>(ref, split, {
    role: tokens,
    select: selectTokens,
    join: joinTokens,
  });
}
