/** Steps between checkpoints of the spec below. */
export const everySteps = 2;

/** Four small trainings of 12 to 16 steps; the whole run takes some seconds. */
export const toySpec = `version: 1
name: survival
model: { config: { hiddenSize: 8, layers: 1, heads: 2, intermediateSize: 8, maxPositions: 16 } }
benchmarks: [{ kind: toy-world, generatedRows: 64, realRows: 48, validationRows: 40, testRows: 60 }]
allowSharedText: [train, validation, generated]
checkerFraction: 1.0
seeds: [0]
methods: [quality-checker, ce, imp, dimp]
train: { epochs: 2, batchSize: 8, learningRate: 1.0e-2, maxLength: 16 }
checkpoints: { everySteps: ${everySteps} }
run: { executor: in-process }
tracking: { uri: off }
evaluation: { bootstrapResamples: 100 }
`;

/** The line after which only outputs are written. */
export const lastTrial = /, dimp, seed 0: test accuracy/;

/** The line after which the first training's steps come. */
export const firstTraining = /, quality-checker, seed 0: training$/m;
