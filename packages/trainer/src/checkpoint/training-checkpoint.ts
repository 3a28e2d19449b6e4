import { copyState, type TrainingState } from "../optimizer/index.js";

/** Which moments a training offers as checkpoints. */
export interface CheckpointPlan {
  /** After every so many steps, counted over the whole training; absent: never between epochs. */
  readonly everySteps?: number;
  /** After the validation of every epoch. */
  readonly everyEpoch: boolean;
}

/** The best epoch so far. */
export interface BestEpoch {
  /** 1-based. */
  readonly epoch: number;
  /** What `selectBy` chose it by. */
  readonly score: number;
  /** Values of every parameter after that epoch, in the order of `optimizer.parameters`. */
  readonly values: readonly Float32Array[];
}

/**
 * Everything that a training's next step and later events depend on, besides its request. Dropout is
 * a function of (seed, step) and the order of rows one of (seed, epoch), so `step` is all that they
 * need. Where `step` ends an epoch, its validation is done.
 */
export interface TrainingCheckpoint {
  /** Steps done, not-finite ones never among them. */
  readonly step: number;
  /** Sum of the rows' losses over the steps of the epoch begun; 0 between epochs. */
  readonly lossSum: number;
  /** The loss's factor of each row as last used, NaN before, `[rows]`. */
  readonly weights: Float32Array;
  /** `log p(y|x)` of each row as last seen, NaN before, `[rows]`. */
  readonly logProbability: Float32Array;
  /** Parameters, moments, touched rows, the optimiser's step count. */
  readonly optimizer: TrainingState;
  /** Null before the first epoch has ended. */
  readonly best: BestEpoch | null;
}

/** A copy that shares no memory with the training. */
export function copyCheckpoint(checkpoint: TrainingCheckpoint): TrainingCheckpoint {
  const { optimizer, best } = checkpoint;
  return {
    ...checkpoint,
    weights: checkpoint.weights.slice(),
    logProbability: checkpoint.logProbability.slice(),
    optimizer: copyState(optimizer),
    best: best === null ? null : { ...best, values: best.values.map((values) => values.slice()) },
  };
}
