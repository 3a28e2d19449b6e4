import type { CalibrationScores, CalibrationSummary } from "../calibration-summary.js";
import { conditionOf, describeCondition, type SeedSummary, splitParts } from "../results.js";
import { formatScore } from "./results-table.js";
import type { Table, TableColumn } from "./table.js";

/** Calibration by method; columns after temperature scaling where any method was scaled. */
export function calibrationTable(summaries: readonly CalibrationSummary[]): Table {
  const { shared, differing } = splitParts(summaries.map(conditionOf));
  const isScaled = summaries.some(({ after }) => after !== undefined);
  const common = summaries[0] === undefined ? "" : describeCondition(summaries[0], shared);
  const scores: readonly (readonly [string, (scores: CalibrationScores) => string])[] = [
    ["ECE (%)", ({ expectedError }) => formatScore(expectedError)],
    ["Brier", ({ brier }) => decimal(brier, 3)],
    ["log-loss (nats)", ({ logLoss }) => decimal(logLoss, 3)],
  ];
  const column = (title: string, group?: string): TableColumn => ({
    title,
    align: "right",
    ...(group === undefined ? {} : { group }),
  });
  const blocks = isScaled ? ["as trained", "temperature-scaled"] : [undefined];
  return {
    caption: [
      ...(common === "" ? [] : [common]),
      "mean ± standard deviation over seeds; ECE: expected calibration error of the predicted class",
    ].join("; "),
    columns: [
      { title: "method", align: "left" },
      ...(differing.length === 0 ? [] : [{ title: "on", align: "left" as const }]),
      ...blocks.flatMap((group) => scores.map(([title]) => column(title, group))),
      ...(isScaled ? [column("temperature")] : []),
      column("seeds"),
    ],
    rows: summaries.map((row) => [
      row.method,
      ...(differing.length === 0 ? [] : [describeCondition(row, differing)]),
      ...[row.before, ...(isScaled ? [row.after] : [])].flatMap((of) =>
        scores.map(([, text]) => (of === undefined ? "" : text(of))),
      ),
      ...(isScaled ? [row.temperature === undefined ? "" : decimal(row.temperature, 2)] : []),
      String(row.seeds.length),
    ]),
  };
}

function decimal({ mean, standardDeviation }: SeedSummary, digits: number): string {
  const spread = standardDeviation === undefined ? "" : ` ± ${standardDeviation.toFixed(digits)}`;
  return `${mean.toFixed(digits)}${spread}`;
}
