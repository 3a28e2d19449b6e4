import type { TextTable } from "./text-table.js";

/** What a table of a benchmark is for. */
export type Role = "train" | "validation" | "test" | "generated";

/** All roles, in the order of reports. */
export const roles: readonly Role[] = ["train", "validation", "test", "generated"];

/** One benchmark's rows by role; all tables share one class order. */
export interface Benchmark {
  readonly name: string;
  readonly labelNames: readonly string[];
  /** Real rows that the quality checker may learn from. */
  readonly train: TextTable;
  /** Real rows that choose the best epoch. */
  readonly validation: TextTable;
  /** Real rows that measure. */
  readonly test: TextTable;
  /** Rows written by a language model: `D_gen`. */
  readonly generated: TextTable;
}
