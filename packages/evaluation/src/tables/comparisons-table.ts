import type { Comparison, ComparisonMetric, MethodComparisons } from "../comparison.js";
import type { Correction } from "../corrections.js";
import { conditionOf, describeCondition, splitParts } from "../results.js";
import { visibleLine } from "../visible-text.js";
import type { Table, TableColumn } from "./table.js";

const METRICS: { readonly [M in ComparisonMetric]: string } = {
  accuracy: "accuracy",
  macroF1: "macro-F1",
};
const CORRECTIONS: { readonly [C in Correction]: string } = {
  holm: "Holm",
  "benjamini-hochberg": "Benjamini-Hochberg",
  none: "uncorrected",
};

/**
 * Comparisons as a table: method, what it is held against, difference in percentage points with its
 * interval, p-values, McNemar's exact p-value by seed, and what was found in words. Conditions are a
 * column where there are several.
 */
export function comparisonsTable(comparisons: MethodComparisons): Table {
  const { rows, level, correction } = comparisons;
  const { shared, differing } = splitParts(rows.map(conditionOf));
  const right = (title: string): TableColumn => ({ title, align: "right" });
  const common = rows[0] === undefined ? "" : describeCondition(rows[0], shared);
  const isCorrected = correction !== "none";
  return {
    caption: [...(common === "" ? [] : [common]), describeComparisons(comparisons)].join("; "),
    columns: [
      { title: "method", align: "left" },
      { title: "against", align: "left" },
      ...(differing.length === 0 ? [] : [{ title: "on", align: "left" as const }]),
      right("difference"),
      right(`${percentOf(level)} % interval`),
      right("p"),
      ...(isCorrected ? [right("adjusted p")] : []),
      right("McNemar p by seed"),
      { title: "finding", align: "left" },
    ],
    rows: rows.map((row) => [
      row.methodA,
      row.methodB,
      ...(differing.length === 0 ? [] : [describeCondition(row, differing)]),
      signed(row.difference, 2),
      `${plain(row.low, 2)} to ${plain(row.high, 2)}`,
      formatP(row.p),
      ...(isCorrected ? [formatP(row.pAdjusted)] : []),
      row.mcnemar.map(({ seed, p }) => `${seed}: ${formatP(p)}`).join(", "),
      finding(row),
    ]),
  };
}

/**
 * The same for a terminal: a line that says what was done, then one line a comparison, such as
 * `dimp vs ce: +2.6 points (0.4 to 4.9), p = 0.030 (Holm)` or
 * `imp vs ce: not distinguishable (+0.3 points, −1.1 to 1.8, p = 0.65)`.
 */
export function comparisonLines(comparisons: MethodComparisons): string[] {
  const { rows, correction } = comparisons;
  const { shared, differing } = splitParts(rows.map(conditionOf));
  const common = rows[0] === undefined ? "" : `${describeCondition(rows[0], shared)}; `;
  const lines = rows.map((row) => {
    const where = differing.length === 0 ? "" : `${describeCondition(row, differing)}: `;
    const difference = `${signed(row.difference, 1)} points`;
    const range = `${plain(row.low, 1)} to ${plain(row.high, 1)}`;
    const p = `p ${equal(row.pAdjusted)}`;
    const result =
      row.verdict === "not distinguishable"
        ? `not distinguishable (${difference}, ${range}, ${p})`
        : `${difference} (${range}), ${p} (${CORRECTIONS[correction]})`;
    return `${where}${row.methodA} vs ${row.methodB}: ${result}`;
  });
  return [`${shared.length === 0 ? "" : common}${describeComparisons(comparisons)}`, ...lines].map(
    visibleLine,
  );
}

/** What was compared, how the intervals were drawn, and which p-values were corrected together. */
export function describeComparisons(comparisons: MethodComparisons): string {
  const { metric, level, resampled, resamples, seed, correction, family, familySize } = comparisons;
  const together = `${familySize} comparison${familySize === 1 ? "" : "s"}${family === "benchmark" ? " of a benchmark" : ""}`;
  return [
    `${METRICS[metric]}, difference in points`,
    `${percentOf(level)} % intervals by paired bootstrap over ${resampled} (${resamples.toLocaleString("en-US")} resamples, seed ${seed})`,
    correction === "none"
      ? "p-values not corrected"
      : `p-values corrected by ${CORRECTIONS[correction]} over ${together}, intervals not`,
    ...(isTooCoarse(comparisons)
      ? [`too few resamples: with ${resamples} no difference can be told apart`]
      : []),
  ].join("; ");
}

/** Which of the two is better, or that neither can be said to be. */
export function finding({ verdict, methodA, methodB }: Comparison): string {
  if (verdict === "not distinguishable") return verdict;
  return `${verdict === "A better" ? methodA : methodB} better`;
}

/** `0.030`, `0.42`, `< 0.001`. */
export function formatP(p: number): string {
  if (p < 0.001) return "< 0.001";
  return p < 0.0995 ? p.toFixed(3) : p.toFixed(2);
}

function equal(p: number): string {
  return p < 0.001 ? formatP(p) : `= ${formatP(p)}`;
}

function plain(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

function signed(value: number, digits: number): string {
  const text = plain(value, digits);
  return text.startsWith("−") || Number(text) === 0 ? text : `+${text}`;
}

function percentOf(level: number): number {
  return Number((level * 100).toPrecision(4));
}

/** The smallest p-value that the resamples can give, corrected, is not below the level. */
const isTooCoarse = ({ resamples, correction, familySize, level }: MethodComparisons): boolean =>
  familySize > 0 && (2 / (resamples + 1)) * (correction === "holm" ? familySize : 1) >= 1 - level;
