import { canonicalJson } from "@counterweight/base";
import type { Interval } from "../bootstrap.js";
import type { MethodComparisons } from "../comparison.js";
import {
  type Condition,
  conditionOf,
  describeCondition,
  type ResultRow,
  type SeedSummary,
  splitParts,
} from "../results.js";
import { distinguishedBest } from "./distinguished-best.js";
import type { Table, TableColumn } from "./table.js";

/** Options of {@link resultsTable}. */
export interface ResultsTableOptions {
  /** Digits after the point of percentages; default 2. */
  readonly digits?: number;
  /** Whether each score is followed by its interval; default: where there is one condition. */
  readonly intervals?: boolean;
  /**
   * What {@link compareMethods} gives: the best score of a column is in bold if it is
   * distinguishable from the second best by these; without them nothing is.
   */
  readonly comparisons?: readonly MethodComparisons[];
}

/**
 * The main table: a row for each method, for each condition (benchmark, generated source, checker
 * fraction) a group of columns with accuracy and macro-F1 in percent as `81.89 ± 0.42` (mean and
 * sample standard deviation over seeds), and the number of seeds. What all conditions share is said
 * once, in the caption. Where settings are swept, a row stands for a method under a variant.
 */
export function resultsTable(
  rows: readonly ResultRow[],
  { digits = 2, intervals, comparisons = [] }: ResultsTableOptions = {},
): Table {
  const conditions = distinct(rows.map(withoutVariant));
  const lines = distinctLines(rows);
  const isSwept = lines.some(({ variant }) => variant !== "");
  const { shared, differing } = splitParts(conditions);
  const withIntervals = intervals ?? conditions.length === 1;
  const byPlace = new Map(
    rows.map((row) => [canonicalJson([lineOf(row), withoutVariant(row)]), row]),
  );
  const blocks = conditions.map((condition) => {
    const members = lines.map((line) => byPlace.get(canonicalJson([line, condition])));
    const group = conditions.length === 1 ? {} : { group: describeCondition(condition, differing) };
    const column = (title: string): TableColumn => ({ title, align: "right", ...group });
    const interval = withIntervals ? [column(`${levelOf(members)} % interval`)] : [];
    const hasClosedForm = members.some((row) => row?.closedFormAccuracy !== undefined);
    return {
      columns: [
        column("accuracy"),
        ...interval,
        ...(hasClosedForm ? [column("closed form")] : []),
        column("macro-F1"),
        ...interval,
      ],
      cells: (row: ResultRow | undefined): string[] => {
        if (row === undefined) return [];
        const bounds = (of: Interval): string[] =>
          withIntervals ? [formatInterval(of, digits)] : [];
        const closed =
          row.closedFormAccuracy === undefined ? "" : percent(row.closedFormAccuracy, digits);
        return [
          formatScore(row.accuracy, digits),
          ...bounds(row.accuracy.interval),
          ...(hasClosedForm ? [closed] : []),
          formatScore(row.macroF1, digits),
          ...bounds(row.macroF1.interval),
        ];
      },
      members,
      metricColumns: [
        ["accuracy", 0],
        ["macroF1", (withIntervals ? 2 : 1) + (hasClosedForm ? 1 : 0)],
      ] as const,
    };
  });
  const variants = [...new Set(lines.map(({ variant }) => variant))];
  let firstColumn = isSwept ? 2 : 1;
  const strong = blocks.flatMap(({ columns, members, metricColumns }) => {
    const first = firstColumn;
    firstColumn += columns.length;
    return metricColumns.flatMap(([metric, column]): [number, number][] => {
      // Methods are compared within a variant.
      return variants.flatMap((variant): [number, number][] => {
        const own = members.map((row, at) => (lines[at]?.variant === variant ? row : undefined));
        const best = distinguishedBest(own, metric, comparisons);
        return best === undefined ? [] : [[best, first + column]];
      });
    });
  });
  const common = conditions[0] === undefined ? "" : describeCondition(conditions[0], shared);
  return {
    caption: [
      ...(common === "" ? [] : [common]),
      "percent, mean ± standard deviation over seeds",
    ].join("; "),
    columns: [
      { title: "method", align: "left" },
      ...(isSwept ? [{ title: "variant", align: "left" } as const] : []),
      ...blocks.flatMap(({ columns }) => columns),
      { title: "seeds", align: "right" },
    ],
    rows: lines.map(({ method, variant }, index) => [
      method,
      ...(isSwept ? [variant] : []),
      ...blocks.flatMap(({ columns, cells, members }) => {
        const filled = cells(members[index]);
        return columns.map((_, place) => filled[place] ?? "");
      }),
      seedCount(blocks.flatMap(({ members }) => members[index]?.seeds.length ?? [])),
    ]),
    ...(strong.length === 0 ? {} : { strong }),
  };
}

interface Line {
  readonly method: string;
  readonly variant: string;
}

const lineOf = ({ method, variant = "" }: ResultRow): Line => ({ method, variant });

/** Methods in order of first appearance, in each variant in order of first appearance. */
function distinctLines(rows: readonly ResultRow[]): Line[] {
  const lines = [...new Map(rows.map((row) => [canonicalJson(lineOf(row)), lineOf(row)])).values()];
  const variants = [...new Set(lines.map(({ variant }) => variant))];
  return variants.flatMap((own) => lines.filter(({ variant }) => variant === own));
}

function withoutVariant(row: ResultRow): Condition {
  const { variant: _, ...condition } = conditionOf(row);
  return condition;
}

/** `81.89 ± 0.42`, or `81.89` for one seed. Scores are shares; the text is in percent. */
export function formatScore({ mean, standardDeviation }: SeedSummary, digits = 2): string {
  const spread = standardDeviation === undefined ? "" : ` ± ${percent(standardDeviation, digits)}`;
  return `${percent(mean, digits)}${spread}`;
}

/** `80.10–83.42`, in percent. */
export function formatInterval({ low, high }: Interval, digits = 2): string {
  return `${percent(low, digits)}–${percent(high, digits)}`;
}

/** A share as a percentage without the sign. */
export function percent(share: number, digits: number): string {
  return (share * 100).toFixed(digits);
}

/** Conditions in order of first appearance. */
export function distinct(conditions: readonly Condition[]): Condition[] {
  return [...new Map(conditions.map((item) => [canonicalJson(item), item])).values()];
}

function levelOf(members: readonly (ResultRow | undefined)[]): number {
  const level = members.find((row) => row !== undefined)?.accuracy.interval.level ?? 0.95;
  return Number((level * 100).toPrecision(4));
}

/** `4`, or `2–4` where conditions have unlike numbers of seeds. */
function seedCount(counts: readonly number[]): string {
  if (counts.length === 0) return "";
  const least = Math.min(...counts);
  const most = Math.max(...counts);
  return least === most ? String(least) : `${least}–${most}`;
}
