import type { ResultRow } from "@counterweight/evaluation";
import type { EpochRecord } from "../run/backend.js";
import { rowsByRole } from "../run/prepare.js";
import type { RunResults } from "../run/results.js";
import { storedSpec } from "../spec/resolve.js";

/** Keys in one order, whether the training is fresh or from the store. */
function epochRecord({ epoch, epochs, trainLoss, validation, isBest }: EpochRecord): EpochRecord {
  const { accuracy, macroF1, logLoss } = validation;
  return { epoch, epochs, trainLoss, validation: { accuracy, macroF1, logLoss }, isBest };
}

/** `results.json`: the table's rows, every trial behind them, and what they were made with. */
export function resultsJson(
  results: RunResults,
  rows: readonly ResultRow[],
  { folder, time }: { readonly folder: string; readonly time: Date },
): string {
  const { spec, status, environment, outcomes, failures, benchmarks } = results;
  const data = Object.fromEntries(
    [...benchmarks].map(([name, { benchmark, source, digests, notes, splits }]) => [
      name,
      {
        generated: source,
        labels: benchmark.labelNames,
        rows: rowsByRole(benchmark),
        sha256: digests,
        shared: splits.report.shared.map(({ listed: _, ...shared }) => shared),
        // Notes name files by their paths on this machine; the log has them, this file travels.
        notes: notes.length,
      },
    ]),
  );
  const trials = outcomes.map(({ trial, training, scores, classes, confusion, temperature }) => ({
    ...trial,
    ...scores,
    classes: classes.classes,
    confusion,
    training: training.key,
    seconds: training.seconds,
    bestEpoch: training.bestEpoch,
    temperature,
    epochs: training.epochs.map(epochRecord),
  }));
  const content = {
    version: 1,
    name: spec.settings.name,
    description: spec.settings.description,
    status,
    time: time.toISOString(),
    environment,
    data,
    results: rows,
    comparisons: results.comparisons,
    calibration: results.calibration,
    weightHealth: results.weightHealth,
    labelNoise: results.labelNoise,
    modelNotes: results.modelNotes.length,
    trials,
    failures,
    spec: storedSpec(spec, folder),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}
