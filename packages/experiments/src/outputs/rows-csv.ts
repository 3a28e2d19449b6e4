import { at } from "@counterweight/base";
import { mostLikely } from "@counterweight/trainer";
import { stringify } from "csv-stringify/sync";
import type { RunResults, TrialOutcome } from "../run/results.js";
import { weightColumns } from "./weight-columns.js";

const conditions = ["benchmark", "generated", "checker_fraction", "method", "seed"] as const;

const conditionCells = ({ trial }: TrialOutcome): (string | number)[] => [
  trial.benchmark,
  trial.generated,
  trial.checkerFraction,
  trial.method,
  trial.seed,
];

/**
 * `weights.csv`: one line for every generated row under every weighted method and seed. `row` is the
 * 1-based record number in the generated file; quality, diversity and weight are plain numbers.
 */
export function weightsCsv(results: RunResults): string {
  const { hideRowText } = results.spec.settings;
  const lines = results.outcomes.flatMap((outcome) => {
    const columns = weightColumns(outcome, results);
    if (columns === undefined) return [];
    return columns.text.map((text, index) => [
      ...conditionCells(outcome),
      at(columns.row, index),
      ...(hideRowText ? [] : texts(columns, index, text)),
      at(columns.label, index),
      at(columns.quality, index),
      columns.diversity?.[index],
      at(columns.weight, index),
    ]);
  });
  const text = hideRowText ? [] : textColumns(results);
  const header = [...conditions, "row", ...text, "label", "quality", "diversity", "weight"];
  return stringify([header, ...lines]);
}

/** `predictions.csv`: one line for every test row under every trial, with all log-probabilities. */
export function predictionsCsv(results: RunResults): string {
  const { hideRowText } = results.spec.settings;
  const lines = results.outcomes.flatMap((outcome) => {
    const table = results.benchmarks.get(outcome.trial.benchmark)?.benchmark.test;
    const values = outcome.training.logProbabilities.test;
    if (table === undefined || values === undefined) return [];
    const classes = table.labelNames.length;
    const predicted = mostLikely(values, classes);
    return Array.from(table.label, (label, index) => [
      ...conditionCells(outcome),
      at(table.row, index),
      ...(hideRowText ? [] : texts(table, index, at(table.text, index))),
      at(table.labelNames, label),
      at(table.labelNames, at(predicted, index)),
      Math.exp(at(values, index * classes + at(predicted, index))),
      Array.from(values.subarray(index * classes, (index + 1) * classes)).join(";"),
    ]);
  });
  const text = hideRowText ? [] : textColumns(results);
  return stringify([
    [...conditions, "row", ...text, "label", "predicted", "probability", "log_probabilities"],
    ...lines,
  ]);
}

const hasPairs = ({ benchmarks }: RunResults): boolean =>
  [...benchmarks.values()].some(({ benchmark }) => benchmark.test.textPair !== undefined);

const textColumns = (results: RunResults): string[] =>
  hasPairs(results) ? ["text", "text_pair"] : ["text"];

function texts(
  { textPair }: { readonly textPair?: readonly string[] },
  index: number,
  text: string,
): string[] {
  return textPair === undefined ? [text] : [text, at(textPair, index)];
}
