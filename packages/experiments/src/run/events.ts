import type { StepsEvent } from "@counterweight/steps";
import type { Trial } from "../spec/trials.js";
import type { EpochRecord, LoggedEvent } from "./backend.js";
import type { EnvironmentRecord } from "./environment-record.js";

/** One training as the plan shows it. */
export interface PlannedTraining {
  readonly key: string;
  /** `train-checker` or `train-classifier`. */
  readonly kind: string;
  /** For people: benchmark, method, seed and, where there are several, the fraction. */
  readonly label: string;
  readonly method: string;
  readonly benchmark: string;
  readonly seed: number;
  /** Rows to learn from. */
  readonly rows: number;
  readonly steps: number;
  /** How many trials and later trainings use it. */
  readonly uses: number;
  /** Keys of the checkers it waits for. */
  readonly needs: readonly string[];
  /** Already in the store. */
  readonly stored: boolean;
}

/** An event of a step with its label, for people, and its kind, such as "score". */
export type LabelledStepsEvent = StepsEvent & { readonly label: string; readonly kind?: string };

/** A trial, and keys of the trainings that it comes from. */
export interface PlannedTrialRecord {
  readonly trial: Trial;
  /** Trainings whose result it is: one, or the members of a vote. */
  readonly result: readonly string[];
  /** Trainings of the checkers that scored its rows. */
  readonly checkers: readonly string[];
}

/** Scores of one trial on the test rows. */
export interface TrialScores {
  readonly accuracy: number;
  readonly macroF1: number;
  /** Nats. */
  readonly logLoss: number;
}

/** Everything that happens in a run, in order: progress, the event log and tests read this stream. */
export type RunEvent =
  | {
      readonly type: "run-start";
      readonly name: string;
      readonly trials: number;
      readonly environment: EnvironmentRecord;
    }
  | {
      readonly type: "data";
      readonly benchmark: string;
      /** Rows by role. */
      readonly rows: Readonly<Record<string, number>>;
      /** SHA-256 of texts and labels by role. */
      readonly digests: Readonly<Record<string, string>>;
      readonly notes: readonly string[];
    }
  /** What is worth knowing of the model's files; left out where there is nothing. */
  | { readonly type: "model"; readonly notes: readonly string[] }
  | {
      readonly type: "plan";
      readonly trainings: readonly PlannedTraining[];
      /** Which trainings each trial comes from; left out above 10,000 trials. */
      readonly trials: readonly PlannedTrialRecord[];
      /** Steps of all kinds, and how many are in the store. */
      readonly steps: Readonly<Record<string, { readonly all: number; readonly stored: number }>>;
      readonly executor: string;
      /** Folder of the store. */
      readonly store: string;
    }
  | { readonly type: "store-damaged"; readonly training: string; readonly reason: string }
  | { readonly type: "training-reused"; readonly training: string }
  /**
   * The course of a training that was found in the store, for readers that did not see it. The log
   * of a folder has it once for each `uses`, however often the run is continued.
   */
  | {
      readonly type: "training-history";
      readonly training: string;
      /** Stands for the trials that use it; see `usesOfTrainings`. */
      readonly uses: string;
      /** One entry a step. */
      readonly loss: readonly number[];
      readonly learningRate: readonly number[];
      readonly epochs: readonly EpochRecord[];
      readonly bestEpoch: number;
      readonly seconds: number;
    }
  | {
      readonly type: "training-start";
      readonly training: string;
      /** "in-process", "worker 2", "job 17_3". */
      readonly where: string;
      readonly attempt: number;
    }
  | ({ readonly training: string } & LoggedEvent)
  | { readonly type: "training-end"; readonly training: string; readonly seconds: number }
  | { readonly type: "training-failed"; readonly training: string; readonly message: string }
  | { readonly type: "training-skipped"; readonly training: string; readonly because: string }
  | {
      readonly type: "trial";
      readonly trial: Trial;
      readonly scores: TrialScores;
      /** As in `PlannedTrialRecord`. */
      readonly result: readonly string[];
    }
  /** What happens to steps that are no trainings, and to trainings beyond the events above. */
  | LabelledStepsEvent
  /** A trial's classifier was written for others to load. */
  | { readonly type: "model-saved"; readonly folder: string; readonly label: string }
  | {
      readonly type: "run-end";
      readonly status: RunStatus;
      readonly trials: number;
      readonly failed: number;
      readonly folder: string;
    };

/** `done`: every trial has its result; `failed`: some training failed; `stopped`: interrupted. */
export type RunStatus = "done" | "failed" | "stopped";
