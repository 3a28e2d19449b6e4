import { CounterweightError } from "@counterweight/base";
import type { TextTable } from "@counterweight/data";
import { accuracy, confusionMatrix, logLoss, macroF1 } from "@counterweight/metrics";
import { mostLikely } from "@counterweight/trainer";
import type { TrialScores } from "./events.js";

/** Scores of log-probabilities `[rows, classes]` against a table's labels. */
export function scoreTrial(logProbability: Float32Array | undefined, test: TextTable): TrialScores {
  const classes = test.labelNames.length;
  if (logProbability?.length !== test.label.length * classes) {
    throw new CounterweightError("internal", `log-probabilities do not fit ${test.name}`);
  }
  const predicted = mostLikely(logProbability, classes);
  return {
    accuracy: accuracy(test.label, predicted),
    macroF1: macroF1(confusionMatrix(test.label, predicted, classes)),
    logLoss: logLoss(test.label, logProbability, classes),
  };
}
