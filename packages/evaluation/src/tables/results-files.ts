import { stringify } from "csv-stringify/sync";
import { isVariant, type ResultRow } from "../results.js";

/**
 * All numbers of the result rows as CSV, one line a row, scores as shares at full precision; `seeds`
 * and the values per seed are joined by `;`. Empty cells: not applicable. `variant` is a column only
 * where some row has one.
 */
export function resultsToCsv(rows: readonly ResultRow[]): string {
  const records = rows.map((row) => ({
    method: row.method,
    benchmark: row.benchmark,
    generated: row.generated,
    checker_fraction: row.checkerFraction,
    variant: row.variant,
    seeds: row.seeds.join(";"),
    n_seeds: row.seeds.length,
    test_rows: row.testRows,
    accuracy_mean: row.accuracy.mean,
    accuracy_sd: row.accuracy.standardDeviation,
    accuracy_low: row.accuracy.interval.low,
    accuracy_high: row.accuracy.interval.high,
    macro_f1_mean: row.macroF1.mean,
    macro_f1_sd: row.macroF1.standardDeviation,
    macro_f1_low: row.macroF1.interval.low,
    macro_f1_high: row.macroF1.interval.high,
    interval_level: row.accuracy.interval.level,
    interval_resamples: row.accuracy.interval.resamples,
    interval_seed: row.accuracy.interval.seed,
    log_loss_mean: row.logLoss?.mean,
    log_loss_sd: row.logLoss?.standardDeviation,
    closed_form_accuracy: row.closedFormAccuracy,
    accuracy_values: row.accuracy.values.join(";"),
    macro_f1_values: row.macroF1.values.join(";"),
  }));
  const isSwept = rows.some(({ variant }) => isVariant(variant));
  const columns = RESULT_COLUMNS.filter((column) => isSwept || column !== "variant");
  return stringify(records, { header: true, columns });
}

/** Columns of {@link resultsToCsv}, given apart so that an empty result still has its header. */
const RESULT_COLUMNS = [
  "method",
  "benchmark",
  "generated",
  "checker_fraction",
  "variant",
  "seeds",
  "n_seeds",
  "test_rows",
  "accuracy_mean",
  "accuracy_sd",
  "accuracy_low",
  "accuracy_high",
  "macro_f1_mean",
  "macro_f1_sd",
  "macro_f1_low",
  "macro_f1_high",
  "interval_level",
  "interval_resamples",
  "interval_seed",
  "log_loss_mean",
  "log_loss_sd",
  "closed_form_accuracy",
  "accuracy_values",
  "macro_f1_values",
];

/** The result rows as JSON text: `{ version, results }`, two spaces, final line feed. */
export function resultsToJson(rows: readonly ResultRow[]): string {
  return `${JSON.stringify({ version: 1, results: rows }, null, 2)}\n`;
}
