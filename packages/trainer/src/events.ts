import type { TrainingCheckpoint } from "./checkpoint/training-checkpoint.js";
import type { TrainedModel } from "./trained-model.js";

/** One optimiser step. */
export interface StepEvent {
  readonly type: "step";
  /** 1-based, over the whole training. */
  readonly step: number;
  readonly steps: number;
  /** 1-based. */
  readonly epoch: number;
  /** Mean loss of the batch. */
  readonly loss: number;
  readonly learningRate: number;
  /** Global norm before clipping. */
  readonly gradientNorm: number;
  /** Factor that clipping put on the gradients, at most 1. */
  readonly clipFactor: number;
  readonly rows: number;
  readonly tokens: number;
  /** Wall time of the whole step, batch preparation included. */
  readonly milliseconds: number;
}

export interface ValidationScores {
  readonly accuracy: number;
  readonly macroF1: number;
  /** Nats. */
  readonly logLoss: number;
}

/** The end of an epoch, with the scores that choose the best one. */
export interface EpochEvent {
  readonly type: "epoch";
  /** 1-based. */
  readonly epoch: number;
  readonly epochs: number;
  /** Mean loss over the epoch's rows. */
  readonly trainLoss: number;
  readonly validation: ValidationScores;
  /** Whether it is the best so far by `selectBy`. */
  readonly isBest: boolean;
  /** The loss's own factor on `-log p` of each training row as last used, `[rows]`. */
  readonly weights: Float32Array;
  /** `log p(y|x)` of each training row's given label as last seen, dropout on, `[rows]`. */
  readonly logProbability: Float32Array;
}

/** A moment from which the training can be taken up again, bit for bit. */
export interface CheckpointEvent {
  readonly type: "checkpoint";
  /** Steps done. */
  readonly step: number;
  /** 1-based epoch of the last step done. */
  readonly epoch: number;
  /**
   * Live views of the training's memory: good until the next event is asked for. Write it to disk
   * (`writeCheckpoint`) or copy it (`copyCheckpoint`) before that.
   */
  readonly state: TrainingCheckpoint;
}

/** The last event of a training. */
export interface EndEvent {
  readonly type: "end";
  /** 1-based epoch whose state the model holds; 0 where none ended. */
  readonly bestEpoch: number;
  readonly reason: "completed" | "not-finite" | "aborted";
  /** For people; empty when completed. */
  readonly message: string;
  /** The best state, or the last good one where no epoch ended. */
  readonly model: TrainedModel;
}

export type TrainingEvent = StepEvent | EpochEvent | CheckpointEvent | EndEvent;
