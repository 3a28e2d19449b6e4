import { type Condition, conditionOf } from "@counterweight/evaluation";
import { rocAuc } from "@counterweight/metrics";
import type { TrialFindings } from "../run/results.js";
import { weightColumns } from "./weight-columns.js";

/** How well a trial's weights tell rows with a wrong label, where the true labels are known. */
export interface LabelNoise extends Condition {
  readonly method: string;
  readonly seed: number;
  readonly rows: number;
  /** Rows whose given label is not the true one. */
  readonly wrong: number;
  /** Probability that a wrong row weighs less than a right one; 0.5 is chance. */
  readonly auc: number;
  /** Mean weight of wrong and of right rows. */
  readonly meanWrong: number;
  readonly meanRight: number;
  /** Share of wrong rows among as many rows of the lowest weight as there are wrong rows. */
  readonly precision: number;
}

/** Of a weighted trial on generated rows whose true labels are known; undefined for others. */
export function labelNoiseOf(findings: TrialFindings): LabelNoise | undefined {
  const { prepared, trial } = findings;
  const truth = prepared.trueLabels;
  const columns = truth === undefined ? undefined : weightColumns(findings);
  if (truth === undefined || columns === undefined) return undefined;
  const { label } = prepared.benchmark.generated;
  const isWrong = Array.from(label, (given, row) => given !== truth[row]);
  const wrong = isWrong.filter(Boolean).length;
  const weight = Array.from(columns.weight);
  const auc = rocAuc(
    isWrong,
    weight.map((value) => -value),
  );
  if (auc === undefined) return undefined;
  const lowest = Array.from(weight.keys())
    .sort((left, right) => (weight[left] ?? 0) - (weight[right] ?? 0) || left - right)
    .slice(0, wrong);
  const meanOf = (which: boolean): number => {
    const own = weight.filter((_, row) => isWrong[row] === which);
    return own.reduce((sum, value) => sum + value, 0) / own.length;
  };
  return {
    ...{ ...conditionOf(trial), method: trial.method, seed: trial.seed },
    rows: label.length,
    wrong,
    auc,
    meanWrong: meanOf(true),
    meanRight: meanOf(false),
    precision: lowest.filter((row) => isWrong[row]).length / wrong,
  };
}
