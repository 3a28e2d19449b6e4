import type { TemperatureFit } from "@counterweight/checkers";
import type {
  CalibrationSummary,
  MethodComparisons,
  ResultRow,
  WeightHealthCourse,
} from "@counterweight/evaluation";
import type { WeightTransform } from "@counterweight/losses";
import type { LabelNoise } from "../outputs/label-noise.js";
import type { ResolvedSpec } from "../spec/resolve.js";
import type { Spec } from "../spec/schema.js";
import type { Trial } from "../spec/trials.js";
import type { TrainingResult } from "../steps/training-result.js";
import type { ScoreColumns } from "./backend.js";
import type { EnvironmentRecord } from "./environment-record.js";
import type { RunStatus, TrialScores } from "./events.js";
import type { PreparedBenchmark } from "./prepare.js";

/** A trial with its result. */
export interface TrialOutcome {
  readonly trial: Trial;
  /** The spec with the trial's swept settings in their places. */
  readonly settings: Spec;
  /** The data it is about. */
  readonly prepared: PreparedBenchmark;
  /** What gave it: one training, or the vote of several checkers. */
  readonly training: TrainingResult;
  readonly transforms: readonly WeightTransform[];
  readonly scores: TrialScores;
  /** Scores of the generated rows that the training learnt with; empty for unweighted methods. */
  readonly columns: ScoreColumns;
  /**
   * Temperature fitted on the model's log-probabilities of the rows that chose its epoch.
   */
  readonly temperature: TemperatureFit;
  /** Log-probabilities of the test rows at that temperature, `[rows, classes]`. */
  readonly calibratedTest: Float32Array;
  /** Folder of its model, where models are kept. */
  readonly model: string | undefined;
}

/** What a run found, before seeds are folded into rows. */
export interface RunFindings {
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

/** All that a run knows at its end; outputs and the terminal's table are made from this alone. */
export interface RunResults extends RunFindings {
  /** The results table. Its bootstrap takes seconds, so it is made once. */
  readonly rows: readonly ResultRow[];
  /** All pairs of methods, one entry a metric. Made once for the same reason. */
  readonly comparisons: readonly MethodComparisons[];
  readonly calibration: readonly CalibrationSummary[];
  readonly weightHealth: readonly WeightHealthCourse[];
  readonly labelNoise: readonly LabelNoise[];
}
