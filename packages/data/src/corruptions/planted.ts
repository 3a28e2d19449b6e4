import { CounterweightError, type Random } from "@counterweight/base";
import { counted } from "../reading/visible.js";
import { rowCount, type TextTable } from "../text-table.js";

/** A row that a corruption changed or added; `index` is its 0-based row in the returned table. */
export type PlantedRow =
  | {
      readonly index: number;
      readonly kind: "swapped-label";
      /** The class index that the row had. */
      readonly originalLabel: number;
    }
  | {
      readonly index: number;
      readonly kind: "duplicate";
      /** 0-based row in the same table that it copies. */
      readonly source: number;
    }
  | {
      readonly index: number;
      readonly kind: "unrelated-input";
      readonly originalText: string;
      readonly originalTextPair?: string;
    };

/** Kinds of corruption, named as what a planted row is. */
export type CorruptionKind = PlantedRow["kind"];

/** All corruption kinds, for options. */
export const corruptionKinds: readonly CorruptionKind[] = [
  "swapped-label",
  "duplicate",
  "unrelated-input",
];

/** A table with planted rows, and which they are. */
export interface Corrupted {
  readonly table: TextTable;
  /** By `index`, ascending; each index once. */
  readonly planted: readonly PlantedRow[];
}

/** What every corruption is told. */
export interface CorruptionOptions {
  /** Share of the table's rows, in [0, 1]; `round(share x rows)` rows are chosen. */
  readonly share: number;
  /** Of one seed, a smaller share chooses a subset of a larger one's rows, and changes them equally. */
  readonly seed: number;
  /** 0-based rows that must not be chosen, such as those planted before. Default: none. */
  readonly avoid?: ReadonlySet<number>;
}

/** `round(share x rows)`. @throws CounterweightError `data` when the share is not in [0, 1]. */
export function countOf(share: number, rows: number, where: string): number {
  if (share >= 0 && share <= 1) return Math.round(share * rows);
  throw new CounterweightError("data", `a share must be from 0 to 1, got ${share}.`, {
    where,
    fix: "Change the share.",
  });
}

/**
 * `count` different rows in random order, none of `avoid`; fewer are a prefix of more.
 * @throws CounterweightError `data` when there are not so many.
 */
export function chooseRows(
  table: TextTable,
  count: number,
  avoid: ReadonlySet<number>,
  random: Random,
): number[] {
  const free: number[] = [];
  for (let index = 0; index < rowCount(table); index++) if (!avoid.has(index)) free.push(index);
  if (count > free.length) {
    throw new CounterweightError(
      "data",
      `asked to corrupt ${counted(count, "row")}, but only ${free.length} are untouched.`,
      { where: table.name, fix: "Lower the shares." },
    );
  }
  return random.shuffled(free).slice(0, count);
}

/** Planted rows in the table's order. */
export const byIndex = (planted: readonly PlantedRow[]): PlantedRow[] =>
  [...planted].sort((left, right) => left.index - right.index);
