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
 * once, in the caption.
 */
export function resultsTable(
  rows: readonly ResultRow[],
  { digits = 2, intervals, comparisons = [] }: ResultsTableOptions = {},
): Table {
  const conditions = distinct(rows.map(conditionOf));
  const methods = [...new Set(rows.map(({ method }) => method))];
  const { shared, differing } = splitParts(conditions);
  const withIntervals = intervals ?? conditions.length === 1;
  const find = (method: string, condition: Condition): ResultRow | undefined =>
    rows.find(
      (row) =>
        row.method === method && canonicalJson(conditionOf(row)) === canonicalJson(condition),
    );
  const blocks = conditions.map((condition) => {
    const members = methods.map((method) => find(method, condition));
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
  let firstColumn = 1;
  const strong = blocks.flatMap(({ columns, members, metricColumns }) => {
    const first = firstColumn;
    firstColumn += columns.length;
    return metricColumns.flatMap(([metric, column]): [number, number][] => {
      const best = distinguishedBest(members, metric, comparisons);
      return best === undefined ? [] : [[best, first + column]];
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
      ...blocks.flatMap(({ columns }) => columns),
      { title: "seeds", align: "right" },
    ],
    rows: methods.map((method, index) => [
      method,
      ...blocks.flatMap(({ columns, cells, members }) => {
        const filled = cells(members[index]);
        return columns.map((_, place) => filled[place] ?? "");
      }),
      seedCount(blocks.flatMap(({ members }) => members[index]?.seeds.length ?? [])),
    ]),
    ...(strong.length === 0 ? {} : { strong }),
  };
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
