import { at, CounterweightError } from "@counterweight/base";
import type { TextTable } from "@counterweight/data";
import { accuracy, confusionMatrix, logLoss, macroF1 } from "@counterweight/metrics";
import type { TrialScores } from "./events.js";

/** Index of the largest log-probability of each row, the first of equals. `[rows]` */
export function predictedLabels(logProbability: Float32Array, classes: number): Int32Array {
  return Int32Array.from({ length: logProbability.length / classes }, (_, row) => {
    let best = 0;
    for (let label = 1; label < classes; label++) {
      if (at(logProbability, row * classes + label) > at(logProbability, row * classes + best)) {
        best = label;
      }
    }
    return best;
  });
}

/** Scores of log-probabilities `[rows, classes]` against a table's labels. */
export function scoreTrial(logProbability: Float32Array | undefined, test: TextTable): TrialScores {
  const classes = test.labelNames.length;
  if (logProbability?.length !== test.label.length * classes) {
    throw new CounterweightError("internal", `log-probabilities do not fit ${test.name}`);
  }
  const predicted = predictedLabels(logProbability, classes);
  return {
    accuracy: accuracy(test.label, predicted),
    macroF1: macroF1(confusionMatrix(test.label, predicted, classes)),
    logLoss: logLoss(test.label, logProbability, classes),
  };
}
