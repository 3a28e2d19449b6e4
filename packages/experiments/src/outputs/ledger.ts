import { at } from "@counterweight/base";
import { mostLikely } from "@counterweight/trainer";
import type { RunResults, TrialFindings } from "../run/results.js";
import { qualityChecker } from "../spec/schema-training.js";
import { conditionCells, hasVariants, textCells, textColumns } from "./rows-csv.js";
import { weightColumns } from "./weight-columns.js";
import { blocksOf, type CsvRow } from "./write-blocks.js";

/** One column of the ledger, as CSV heads it and Parquet types it. */
export interface LedgerColumn {
  readonly name: string;
  readonly type: "STRING" | "INT32" | "DOUBLE";
}

/**
 * The row ledger: one line for every generated row under every classifier, with all that is known of
 * it. Cells that a method does not have (quality under CE, say) are empty.
 *
 * `row` and `line` are 1-based places in `file`; `weight` is by the kept classifier with dropout off,
 * `weight_epoch_N` as last used in epoch N; `probability` is the kept classifier's of the row's label
 * where it was asked, `probability_epoch_N` as last seen in training, dropout on. `rank` orders a
 * trial's rows by weight: 1 is the lowest, the row most likely to be bad; equal weights share a rank.
 */
export interface Ledger {
  readonly columns: readonly LedgerColumn[];
  /** Trials are read one after the other as their lines are asked for. */
  blocks(): AsyncGenerator<readonly CsvRow[]>;
}

/** The ledger of a run. */
export function rowLedger(results: RunResults): Ledger {
  const outcomes = results.outcomes.filter(({ trial }) => trial.loss !== qualityChecker);
  const epochs = Math.max(0, ...outcomes.map(({ training }) => training.epochs.length));
  const trueLabels = [...results.benchmarks.values()].some((one) => one.trueLabels !== undefined);
  return {
    columns: columnsOf(results, epochs, trueLabels),
    async *blocks() {
      for (const outcome of outcomes) {
        const { prepared } = outcome;
        const line = lineOf(await outcome.load(), results, epochs, trueLabels);
        for (const [first, end] of blocksOf(prepared.benchmark.generated.row.length)) {
          yield Array.from({ length: end - first }, (_, position) => line(first + position));
        }
      }
    },
  };
}

function columnsOf(results: RunResults, epochs: number, trueLabels: boolean): LedgerColumn[] {
  const text = (name: string): LedgerColumn => ({ name, type: "STRING" });
  const whole = (name: string): LedgerColumn => ({ name, type: "INT32" });
  const number = (name: string): LedgerColumn => ({ name, type: "DOUBLE" });
  const byEpoch = (stem: string): LedgerColumn[] =>
    Array.from({ length: epochs }, (_, index) => number(`${stem}_epoch_${index + 1}`));
  return [
    ...[text("benchmark"), text("generated"), number("checker_fraction")],
    ...(hasVariants(results) ? [text("variant")] : []),
    ...[text("method"), whole("seed"), text("file"), whole("row"), whole("line")],
    ...textColumns(results).map(text),
    text("given_label"),
    ...(trueLabels ? [text("true_label")] : []),
    ...[text("predicted_label"), number("user_weight"), number("quality"), number("diversity")],
    ...byEpoch("probability"),
    number("probability"),
    ...byEpoch("weight"),
    number("weight"),
    whole("rank"),
  ];
}

/** Makes the cells of one row, 0-based. */
function lineOf(
  findings: TrialFindings,
  results: RunResults,
  epochs: number,
  trueLabels: boolean,
): (index: number) => CsvRow {
  const { training, prepared } = findings;
  const condition = conditionCells(findings, results);
  const table = prepared.benchmark.generated;
  const { labelNames } = table;
  const { rowHistory, logProbabilities } = training;
  const asked = logProbabilities.generated;
  const predicted = asked === undefined ? undefined : mostLikely(asked, labelNames.length);
  const weights = weightColumns(findings);
  const ranks = weights === undefined ? undefined : ascendingRanks(weights.weight);
  const each = Array.from({ length: epochs }, (_, epoch) => epoch);
  const name = (label: number | undefined): string | undefined =>
    label === undefined ? undefined : labelNames[label];
  return (index) => {
    const label = at(table.label, index);
    const exp = (value: number | undefined): number | undefined =>
      value === undefined ? undefined : Math.exp(value);
    return [
      ...condition,
      ...[table.file, at(table.row, index), table.line?.[index]],
      ...textCells(table, index, results),
      at(labelNames, label),
      ...(trueLabels ? [name(prepared.trueLabels?.[index])] : []),
      name(predicted?.[index]),
      ...[table.weight?.[index], weights?.quality[index], weights?.diversity?.[index]],
      ...each.map((epoch) => exp(rowHistory.logProbabilities[epoch]?.[index])),
      exp(asked?.[index * labelNames.length + label]),
      ...each.map((epoch) => rowHistory.weights[epoch]?.[index]),
      ...[weights?.weight[index], ranks?.[index]],
    ];
  };
}

/** Competition ranks from the lowest value: 1, and for equal values the same. */
export function ascendingRanks(values: ArrayLike<number>): Int32Array {
  const order = Int32Array.from({ length: values.length }, (_, index) => index).sort(
    (a, b) => at(values, a) - at(values, b) || a - b,
  );
  const ranks = new Int32Array(values.length);
  order.forEach((index, place) => {
    const before = place === 0 ? undefined : at(order, place - 1);
    const tied = before !== undefined && at(values, before) === at(values, index);
    ranks[index] = tied ? at(ranks, before) : place + 1;
  });
  return ranks;
}
