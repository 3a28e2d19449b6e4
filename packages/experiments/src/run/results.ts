import type { TemperatureFit } from "@counterweight/checkers";
import type { WeightSummary } from "@counterweight/evaluation";
import type { WeightTransform } from "@counterweight/losses";
import type { ClassificationReport } from "@counterweight/metrics";
import type { Aggregate } from "../outputs/aggregate-trials.js";
import type { ResolvedSpec } from "../spec/resolve.js";
import type { Spec } from "../spec/schema.js";
import type { Trial } from "../spec/trials.js";
import type { TrainingResult } from "../steps/training-result.js";
import type { ScoreColumns } from "./backend.js";
import type { EnvironmentRecord } from "./environment-record.js";
import type { RunStatus, TrialScores } from "./events.js";
import type { PreparedBenchmark } from "./prepare.js";

/** All that the store holds of a finished trial, columns of rows too: megabytes for large sources. */
export interface TrialFindings {
  readonly trial: Trial;
  /** The data it is about. */
  readonly prepared: PreparedBenchmark;
  /** What gave it: one training, or the vote of several checkers. */
  readonly training: TrainingResult;
  readonly transforms: readonly WeightTransform[];
  readonly scores: TrialScores;
  /** Scores of the generated rows that the training learnt with; empty for unweighted methods. */
  readonly columns: ScoreColumns;
  /** Temperature fitted on the model's log-probabilities of the rows that chose its epoch. */
  readonly temperature: TemperatureFit;
  /** Log-probabilities of the test rows at that temperature, `[rows, classes]`. */
  readonly calibratedTest: Float32Array;
}

/** A trial with its result. Columns of rows stay in the store, so that thousands fit in memory. */
export interface TrialOutcome
  extends Pick<TrialFindings, "trial" | "prepared" | "transforms" | "scores" | "temperature"> {
  /** The spec with the trial's swept settings in their places. */
  readonly settings: Spec;
  readonly training: Omit<TrainingResult, "logProbabilities" | "rowHistory">;
  /** Of the test rows. */
  readonly classes: ClassificationReport;
  /** Counts of test rows, row-major: true class, then predicted class. */
  readonly confusion: readonly number[];
  /** Undefined for methods without weights. */
  readonly weights: WeightSummary | undefined;
  /** Folder of its model, where models are kept. */
  readonly model: string | undefined;
  /** Reads it whole from the store. */
  load(): Promise<TrialFindings>;
}

/** All that a run knows at its end; outputs and the terminal's table are made from this alone. */
export interface RunResults extends Aggregate {
  readonly status: RunStatus;
  readonly spec: ResolvedSpec;
  readonly benchmarks: ReadonlyMap<string, PreparedBenchmark>;
  readonly environment: EnvironmentRecord | undefined;
  /** What the backend says of the model's files. */
  readonly modelNotes: readonly string[];
  /** Finished trials, in the order of the spec. */
  readonly outcomes: readonly TrialOutcome[];
  readonly failures: readonly { readonly label: string; readonly message: string }[];
}
