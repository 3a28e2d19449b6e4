import { at } from "@counterweight/base";
import { stringify } from "csv-stringify/sync";
import type { RunResults, TrialOutcome } from "../run/results.js";
import { predictedLabels } from "../run/score-trial.js";
import { rowWeights, scoreNeeds, scoresOfLabels, weightUsesModel } from "../run/weights.js";
import { qualityChecker } from "../spec/schema-training.js";

/** Weights of one trial's generated rows, as probabilities; a column that has no meaning is absent. */
export interface WeightColumns {
  readonly quality: Float64Array | undefined;
  /** For a loss that weighs by the model itself (DIMP), its own final probability. */
  readonly diversity: Float64Array | undefined;
  readonly weight: Float64Array;
}

/** The weight of every generated row under a trial's loss; undefined for unweighted methods. */
export function weightColumns(
  outcome: TrialOutcome,
  results: RunResults,
): WeightColumns | undefined {
  const { trial, training, columns } = outcome;
  if (trial.loss === qualityChecker || scoreNeeds(trial.loss).length === 0) return undefined;
  const generated = results.benchmarks.get(trial.benchmark)?.benchmark.generated;
  if (generated === undefined) return undefined;
  const values = training.logProbabilities.generated;
  const own =
    weightUsesModel(trial.loss, trial.gamma) && values !== undefined
      ? scoresOfLabels(values, generated, "the classifier")
      : undefined;
  const probabilities = (logs: Float32Array | undefined): Float64Array | undefined =>
    logs === undefined ? undefined : Float64Array.from(logs, Math.exp);
  return {
    quality: probabilities(columns.quality),
    diversity: probabilities(columns.diversity ?? own),
    weight: rowWeights(trial.loss, trial.gamma, {
      ...columns,
      ...(own === undefined ? {} : { own }),
    }),
  };
}

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
    const table = results.benchmarks.get(outcome.trial.benchmark)?.benchmark.generated;
    if (columns === undefined || table === undefined) return [];
    return Array.from(table.label, (label, index) => [
      ...conditionCells(outcome),
      at(table.row, index),
      ...(hideRowText ? [] : texts(table, index)),
      at(table.labelNames, label),
      columns.quality?.[index],
      columns.diversity?.[index],
      columns.weight[index],
    ]);
  });
  const text = hideRowText ? [] : textColumns(results);
  return stringify(
    [[...conditions, "row", ...text, "label", "quality", "diversity", "weight"], ...lines],
    {},
  );
}

/** `predictions.csv`: one line for every test row under every trial, with all log-probabilities. */
export function predictionsCsv(results: RunResults): string {
  const { hideRowText } = results.spec.settings;
  const lines = results.outcomes.flatMap((outcome) => {
    const table = results.benchmarks.get(outcome.trial.benchmark)?.benchmark.test;
    const values = outcome.training.logProbabilities.test;
    if (table === undefined || values === undefined) return [];
    const classes = table.labelNames.length;
    const predicted = predictedLabels(values, classes);
    return Array.from(table.label, (label, index) => [
      ...conditionCells(outcome),
      at(table.row, index),
      ...(hideRowText ? [] : texts(table, index)),
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

type Texts = { readonly text: readonly string[]; readonly textPair?: readonly string[] };

const hasPairs = ({ benchmarks }: RunResults): boolean =>
  [...benchmarks.values()].some(({ benchmark }) => benchmark.test.textPair !== undefined);

const textColumns = (results: RunResults): string[] =>
  hasPairs(results) ? ["text", "text_pair"] : ["text"];

function texts(table: Texts, index: number): string[] {
  const text = at(table.text, index);
  return table.textPair === undefined ? [text] : [text, at(table.textPair, index)];
}
