import { at, CounterweightError } from "@counterweight/base";
import type { TextTable } from "@counterweight/data";

/**
 * A checker's score column: `log P(y|x)` of each row's given label, picked from its
 * log-probabilities `[rows, classes]`. Checkers are frozen, so a row is scored once and the column
 * is kept, where the authors' code runs both checkers again on every batch.
 * @returns natural logarithms, float32 `[rows]`
 * @throws CounterweightError `training` that names the first row whose score is no finite logarithm.
 */
export function scoresOfLabels(
  logProbabilities: Float32Array,
  table: TextTable,
  checker: string,
): Float32Array {
  const classes = table.labelNames.length;
  return Float32Array.from(table.label, (label, index) => {
    const value = at(logProbabilities, index * classes + label);
    if (!Number.isFinite(value)) {
      throw new CounterweightError("training", `${checker} gives the log-probability ${value}.`, {
        where: `${table.file}, row ${at(table.row, index)}`,
        fix: "Train the checker with a smaller learning rate or fewer epochs.",
      });
    }
    return value;
  });
}
