/** Steps between checkpoints of the specs below. */
export const sweepCheckpointSteps = 2;

/**
 * A sweep of seconds that has all that a real one has: checkers in folds with a temperature, a swept
 * setting, kept models, and checkpoints so often that most kills fall between two. Ten trainings for
 * six trials.
 */
export const sweepSpec = `version: 1
name: sweep
model: { config: { hiddenSize: 8, layers: 1, heads: 2, intermediateSize: 8, maxPositions: 16 } }
benchmarks: [{ kind: toy-world, generatedRows: 64, realRows: 48, validationRows: 40, testRows: 60 }]
allowSharedText: [train, validation, generated]
checkerFraction: 1.0
seeds: [0]
methods: [ce, imp, dimp]
sweep: { axes: { train.learningRate: [1.0e-2, 3.0e-3] } }
checker: { folds: 2, calibration: temperature }
train: { epochs: 2, batchSize: 8, maxLength: 16 }
checkpoints: { everySteps: ${sweepCheckpointSteps} }
saveModels: true
run: { jobs: 2 }
tracking: { uri: off }
evaluation: { bootstrapResamples: 100 }
`;

/**
 * Another sweep, half of whose steps are those of `sweepSpec` (its file's name is `sweep.yaml`). It
 * keeps no models, so that what it made first has to be trained once more for them.
 */
export const overlappingSpec = `version: 1
name: overlapping
extends: sweep.yaml
methods: [ce, dimp]
sweep: { axes: { train.learningRate: [3.0e-3, 1.0e-3] } }
saveModels: false
`;

/** The same with one trial: four trainings. */
export const quickSpec = sweepSpec
  .replace("name: sweep", "name: quick")
  .replace("methods: [ce, imp, dimp]", "methods: [dimp]")
  .replace(/^sweep: .*\n/m, "");

/** A sweep on files, with a tokenizer's folder: what a person may edit while it runs. */
export const filesSpec = quickSpec
  .replace("name: quick", "name: files")
  .replace("maxPositions: 16", "maxPositions: 16, tokenizer: ./words")
  .replace(
    /^benchmarks: .*$/m,
    "benchmarks: [{ kind: files, name: things, real: real.csv, generated: generated.csv }]",
  );
