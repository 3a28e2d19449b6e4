import type { AverageScores, ClassificationReport } from "./classification-report.js";

/** Options of {@link formatClassificationReport}. */
export interface FormatReportOptions {
  /** Digits after the point; default 2. */
  readonly digits?: number;
}

/** A report as text, character for character as scikit-learn's `classification_report` prints it. */
export function formatClassificationReport(
  report: ClassificationReport,
  { digits = 2 }: FormatReportOptions = {},
): string {
  const names = [...report.classes.map(({ label }) => label), "weighted avg"];
  const width = Math.max(digits, ...names.map((name) => [...name].length));
  const line = (name: string, cells: readonly string[]): string =>
    `${" ".repeat(width - [...name].length)}${name} ${cells.map((cell) => ` ${cell.padStart(9)}`).join("")}\n`;
  const scores = (row: AverageScores): string[] => [
    fixed(row.precision, digits),
    fixed(row.recall, digits),
    fixed(row.f1, digits),
    String(row.support),
  ];
  return [
    line("", ["precision", "recall", "f1-score", "support"]),
    "\n",
    ...report.classes.map((row) => line(row.label, scores(row))),
    "\n",
    line("accuracy", ["", "", fixed(report.accuracy, digits), String(report.rows)]),
    line("macro avg", scores(report.averages.macro)),
    line("weighted avg", scores(report.averages.weighted)),
  ].join("");
}

/**
 * `toFixed` with exact ties to the even digit, as Python and IEEE 754 round: 0.125 gives 0.12 where
 * `toFixed` gives 0.13. A tie is only possible where `value * 2^(digits + 1)` is whole.
 */
function fixed(value: number, digits: number): string {
  const scale = 10 ** digits;
  const isTie =
    Number.isInteger(value * 2 ** (digits + 1)) && Math.abs((value * scale) % 1) === 0.5;
  if (!isTie) return value.toFixed(digits);
  const below = Math.floor(value * scale);
  return ((below % 2 === 0 ? below : below + 1) / scale).toFixed(digits);
}
