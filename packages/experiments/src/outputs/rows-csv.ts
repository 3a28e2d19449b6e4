import { at } from "@counterweight/base";
import type { TextTable } from "@counterweight/data";
import { mostLikely } from "@counterweight/trainer";
import type { RunResults, TrialOutcome } from "../run/results.js";
import { testLogProbabilities } from "./trial-digest.js";
import { weightColumns } from "./weight-columns.js";
import { blocksOf, type CsvRow } from "./write-blocks.js";

/** Whether trials differ by swept settings: only then do files have a column of them. */
export const hasVariants = ({ outcomes }: Pick<RunResults, "outcomes">): boolean =>
  outcomes.some(({ trial }) => trial.variant !== "");

/** Columns that say whose row a line is. */
const conditions = (results: RunResults): string[] => [
  ...["benchmark", "generated", "checker_fraction"],
  ...(hasVariants(results) ? ["variant"] : []),
  ...["method", "seed"],
];

/** Their cells. */
export const conditionCells = (
  { trial }: Pick<TrialOutcome, "trial">,
  results: RunResults,
): (string | number)[] => [
  ...[trial.benchmark, trial.generated, trial.checkerFraction],
  ...(hasVariants(results) ? [trial.variant] : []),
  ...[trial.method, trial.seed],
];

/** A file of rows: its header, and its lines in blocks. */
export interface RowsFile {
  readonly header: readonly string[];
  /** Trials are read one after the other as their lines are asked for. */
  blocks(): AsyncGenerator<readonly CsvRow[]>;
}

/**
 * `weights.csv`: one line for every generated row under every weighted method and seed. `row` is the
 * 1-based record number in the generated file; quality, diversity and weight are plain numbers.
 */
export function weightsFile(results: RunResults): RowsFile {
  return {
    header: [
      ...conditions(results),
      "row",
      ...textColumns(results),
      "label",
      "quality",
      "diversity",
      "weight",
    ],
    async *blocks() {
      for (const outcome of results.outcomes) {
        const columns = outcome.weights && weightColumns(await outcome.load());
        if (columns === undefined) continue;
        const cells = conditionCells(outcome, results);
        for (const [first, end] of blocksOf(columns.row.length)) {
          const rows: CsvRow[] = [];
          for (let index = first; index < end; index++) {
            rows.push([
              ...cells,
              at(columns.row, index),
              ...textCells(columns, index, results),
              at(columns.label, index),
              at(columns.quality, index),
              columns.diversity?.[index],
              at(columns.weight, index),
            ]);
          }
          yield rows;
        }
      }
    },
  };
}

/** `predictions.csv`: one line for every test row under every trial, with all log-probabilities. */
export function predictionsFile(results: RunResults): RowsFile {
  return {
    header: [
      ...conditions(results),
      "row",
      ...textColumns(results),
      "label",
      "predicted",
      "probability",
      "log_probabilities",
    ],
    async *blocks() {
      for (const outcome of results.outcomes) {
        const table = outcome.prepared.benchmark.test;
        const values = testLogProbabilities(await outcome.load());
        for (const [first, end] of blocksOf(table.row.length)) {
          yield predictionRows(outcome, results, table, values, first, end);
        }
      }
    },
  };
}

function predictionRows(
  outcome: TrialOutcome,
  results: RunResults,
  table: TextTable,
  values: Float32Array,
  first: number,
  end: number,
): CsvRow[] {
  const classes = table.labelNames.length;
  const predicted = mostLikely(values.subarray(first * classes, end * classes), classes);
  const cells = conditionCells(outcome, results);
  return Array.from(predicted, (label, position) => {
    const index = first + position;
    return [
      ...cells,
      at(table.row, index),
      ...textCells(table, index, results),
      at(table.labelNames, at(table.label, index)),
      at(table.labelNames, label),
      Math.exp(at(values, index * classes + label)),
      Array.from(values.subarray(index * classes, (index + 1) * classes)).join(";"),
    ];
  });
}

const hasPairs = ({ benchmarks }: RunResults): boolean =>
  [...benchmarks.values()].some(({ benchmark }) => benchmark.test.textPair !== undefined);

/** Headers of the texts: none where the spec hides them, two where some benchmark has pairs. */
export const textColumns = (results: RunResults): string[] =>
  results.spec.settings.hideRowText ? [] : hasPairs(results) ? ["text", "text_pair"] : ["text"];

/** The cells under `textColumns`; a benchmark without pairs beside one with them leaves the second empty. */
export function textCells(
  { text, textPair }: { readonly text: readonly string[]; readonly textPair?: readonly string[] },
  index: number,
  results: RunResults,
): string[] {
  return textColumns(results).map((_, place) =>
    place === 0 ? at(text, index) : (textPair?.[index] ?? ""),
  );
}
