import { at } from "@counterweight/base";
import { scoresOfLabels } from "@counterweight/checkers";
import { conditionOf, type WeightColumns } from "@counterweight/evaluation";
import type { TrialFindings } from "../run/results.js";
import { rowWeights, scoreNeeds, weightUsesModel } from "../run/weights.js";
import { qualityChecker } from "../spec/schema-training.js";

/**
 * Every generated row with its weight under a trial's loss, scores as probabilities; undefined for
 * methods without checkers. The column diversity holds Q'(y|x), or, for a loss that weighs by the
 * classifier itself (DIMP), the final classifier's p(y|x) with dropout off.
 */
export function weightColumns({
  trial,
  prepared,
  training,
  columns,
  transforms,
}: TrialFindings): WeightColumns | undefined {
  if (trial.loss === qualityChecker || scoreNeeds(trial.loss).length === 0) return undefined;
  const table = prepared.benchmark.generated;
  const values = training.logProbabilities.generated;
  const own =
    weightUsesModel(trial.loss, trial.gamma) && values !== undefined
      ? scoresOfLabels(values, table, "the classifier")
      : undefined;
  const diversity = columns.diversity ?? own;
  return {
    ...conditionOf(trial),
    method: trial.method,
    seed: trial.seed,
    row: table.row,
    text: table.text,
    ...(table.textPair === undefined ? {} : { textPair: table.textPair }),
    label: Array.from(table.label, (label) => at(table.labelNames, label)),
    quality: Float64Array.from(columns.quality ?? [], Math.exp),
    ...(diversity === undefined ? {} : { diversity: Float64Array.from(diversity, Math.exp) }),
    weight: rowWeights(
      trial.loss,
      trial.gamma,
      { ...columns, ...(own === undefined ? {} : { own }) },
      transforms,
    ),
  };
}
