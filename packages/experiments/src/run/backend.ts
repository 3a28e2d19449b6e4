import type { Benchmark, TextTable } from "@counterweight/data";
import type { WeightTransform } from "@counterweight/losses";
import type { ModelSpec, TrainSettings } from "../spec/schema.js";

/** One step of a training, as the trainer reports it. */
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
  /** Rows of the batch. */
  readonly rows: number;
  /** Wall time of the step. */
  readonly milliseconds: number;
  /** Factor that clipping put on the gradients, at most 1. */
  readonly clipFactor?: number;
  /** Tokens of the batch, padding not counted. */
  readonly tokens?: number;
}

/** The end of an epoch, with the scores that choose the best one. */
export interface EpochEvent {
  readonly type: "epoch";
  /** 1-based. */
  readonly epoch: number;
  readonly epochs: number;
  /** Mean loss over the epoch's rows. */
  readonly trainLoss: number;
  readonly validation: {
    readonly accuracy: number;
    readonly macroF1: number;
    /** Nats. */
    readonly logLoss: number;
  };
  /** Whether it is the best so far by `selectBy`. */
  readonly isBest: boolean;
  /** The loss's weight of each training row as last used, `[rows]`; in no log. */
  readonly weights?: Float32Array;
  /** `log p(y|x)` of each training row's label as last seen in training, `[rows]`; in no log. */
  readonly logProbability?: Float32Array;
}

/** The end of a training. */
export interface EndEvent {
  readonly type: "end";
  /** 1-based epoch whose state the outcome holds; 0 where none ended. */
  readonly bestEpoch: number;
  /** `completed`; any other word says why it stopped early and makes the training a failed one. */
  readonly reason: string;
  /** For people, where the reason is not `completed`. */
  readonly message?: string;
}

/** Wall time of a part of a training that is neither a step nor an epoch. */
export interface PhaseEvent {
  readonly type: "phase";
  /** `load`: the tokenizer and the starting weights; `tokenise`: texts; `predict`: a role's rows. */
  readonly phase: "load" | "tokenise" | "predict";
  /** Role of the rows predicted. */
  readonly role?: string;
  readonly milliseconds: number;
}

/** The training goes on where a checkpoint left it; what came before is told again. */
export interface ResumedEvent {
  readonly type: "resumed";
  /** Steps that need not be done again. */
  readonly step: number;
  readonly past: TrainingPast;
  /** Checkpoints that could not be used, and why. */
  readonly damaged: readonly string[];
}

/** What a training has reported so far, as far as results need it. */
export interface TrainingPast {
  readonly loss: readonly number[];
  readonly learningRate: readonly number[];
  readonly epochs: readonly EpochEvent[];
}

/** A checkpoint was written, or could not be: the training goes on either way. */
export interface CheckpointEvent {
  readonly type: "checkpoint";
  readonly step: number;
  readonly milliseconds: number;
  /** Why it could not be written. */
  readonly problem?: string;
}

/** An epoch as results keep it: its columns of rows are stored apart. */
export type EpochRecord = Omit<EpochEvent, "type" | "weights" | "logProbability">;

export type TrainingEvent =
  | StepEvent
  | EpochEvent
  | EndEvent
  | PhaseEvent
  | ResumedEvent
  | CheckpointEvent;

/** An event as logs and progress see it: without the past that a resumed training tells again. */
export type LoggedEvent =
  | Exclude<TrainingEvent, ResumedEvent>
  | Omit<ResumedEvent, "past">
  | WeightsEvent;

/** How healthy the weights of an epoch were; see the metrics package for the numbers. */
export interface WeightsEvent {
  readonly type: "weights";
  /** 1-based. */
  readonly epoch: number;
  readonly effectiveShare: number;
  readonly largestShare: number;
  readonly massOnTopTenth: number;
  /** What the spec's guard finds unhealthy, a sentence each. */
  readonly problems: readonly string[];
}

/** An event with the fields above alone: a trainer's own may carry arrays that no log should hold. */
export function plainEvent(event: TrainingEvent): LoggedEvent {
  switch (event.type) {
    case "step": {
      const { type, step, steps, epoch, loss, learningRate, gradientNorm, rows } = event;
      const { milliseconds, clipFactor, tokens } = event;
      return {
        ...{ type, step, steps, epoch, loss, learningRate, gradientNorm, rows, milliseconds },
        ...(clipFactor === undefined ? {} : { clipFactor }),
        ...(tokens === undefined ? {} : { tokens }),
      };
    }
    case "epoch": {
      const { type, epoch, epochs, trainLoss, validation, isBest } = event;
      const { accuracy, macroF1, logLoss } = validation;
      return {
        ...{ type, epoch, epochs, trainLoss, isBest },
        validation: { accuracy, macroF1, logLoss },
      };
    }
    case "end": {
      const { type, bestEpoch, reason, message } = event;
      return { type, bestEpoch, reason, ...(message ? { message } : {}) };
    }
    case "resumed": {
      const { type, step, damaged } = event;
      return { type, step, damaged };
    }
    case "phase":
    case "checkpoint":
      return event;
  }
}

/** Checker scores of the rows to train on, natural logarithms of the given label's probability. */
export interface ScoreColumns {
  /** `log P'(y|x)`, `[rows]`. */
  readonly quality?: Float32Array;
  /** `log Q'(y|x)`, `[rows]`. */
  readonly diversity?: Float32Array;
}

/** Rows as tokens: `offsets` `[rows + 1]` from 0, then ids and segments, `[tokens]`. */
export interface TokenisedRows {
  readonly offsets: Int32Array;
  readonly tokenIds: Int32Array;
  readonly typeIds: Uint8Array;
}

/** All that decides one training. Equal requests must give equal bits. */
export interface TrainingRequest {
  readonly model: ModelSpec;
  /** The whole benchmark, for what a model derives from it (classes, a word vocabulary). */
  readonly benchmark: Benchmark;
  /** Rows to learn from; the same object for the same rows, so encodings can be kept by identity. */
  readonly train: TextTable;
  readonly validation: TextTable;
  /** A name of the losses package. */
  readonly loss: string;
  readonly gamma: number;
  /** What the loss needs, for the rows of `train`. */
  readonly scores: ScoreColumns;
  /** Applied to the loss's weights, in this order. */
  readonly transforms: readonly WeightTransform[];
  readonly settings: TrainSettings;
  readonly seed: number;
  /** Tokens of tables as `tokenise` gave them; a table that is not here is tokenised when asked for. */
  readonly tokens?: ReadonlyMap<TextTable, TokenisedRows>;
  /** Stops after the step it is in, with the end's reason `aborted`. */
  readonly signal?: AbortSignal;
  /** Where to keep what an interrupted training can go on from; absent: nothing is kept. */
  readonly checkpoints?: CheckpointSettings;
}

/** When and where checkpoints are written. They change no result. */
export interface CheckpointSettings {
  readonly folder: string;
  /** Whose they are: another training's are never taken up. */
  readonly key: string;
  readonly everySteps: number | null;
  readonly everyEpoch: boolean;
}

/** A trained classifier in its best state. */
export interface TrainedOutcome {
  /** Natural-log probabilities, dropout off, row-major `[rows, classes]`. */
  predict(table: TextTable): Promise<Float32Array>;
  /** Writes the model into a folder that is not there yet, for `TrainingBackend.exportModel`. */
  save?(folder: string): Promise<void>;
  /** Frees the memory of the model. */
  dispose(): Promise<void>;
}

/**
 * What trains. `experiments` knows models only by this interface. A consumer that stops reading
 * (`return()` on the generator) stops the training after the step it is in.
 */
export interface TrainingBackend {
  /** Part of every key: change it when equal requests may give other results. */
  readonly version: string;
  /**
   * Finds the model's files, which may mean to download them: ids become folders.
   * @throws CounterweightError `model`.
   */
  locate?(
    model: ModelSpec,
  ): Promise<{ readonly model: ModelSpec; readonly notes: readonly string[] }>;
  /** Writes a saved model with its card in the form that others load. */
  exportModel?(from: string, to: string, card: string): Promise<void>;
  /**
   * Looks at the model's files, and whether it takes rows as long as the settings say, before
   * anything is trained. Returns what people should know, such as parameters the files lack.
   * @throws CounterweightError `model`.
   */
  check?(model: ModelSpec, settings: readonly TrainSettings[]): Promise<readonly string[]>;
  /**
   * Tokens of a table's rows, for trainings in whatever process; absent where texts are learnt from
   * as they are.
   */
  tokenise?(request: {
    readonly model: ModelSpec;
    readonly benchmark: Benchmark;
    readonly table: TextTable;
    readonly maxLength: number;
  }): Promise<TokenisedRows>;
  /** @throws CounterweightError `model`, `training` or `runtime`. */
  train(request: TrainingRequest): AsyncGenerator<TrainingEvent, TrainedOutcome>;
  /** Frees what trainings share. */
  close(): Promise<void>;
}
