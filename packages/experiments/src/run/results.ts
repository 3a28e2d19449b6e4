import type { ResultRow } from "@counterweight/evaluation";
import type { ResolvedSpec } from "../spec/resolve.js";
import type { Trial } from "../spec/trials.js";
import type { TrainingResult } from "../store.js";
import type { ScoreColumns } from "./backend.js";
import type { EnvironmentRecord } from "./environment-record.js";
import type { RunStatus, TrialScores } from "./events.js";
import type { PreparedBenchmark } from "./prepare.js";

/** A trial with its result. */
export interface TrialOutcome {
  readonly trial: Trial;
  readonly training: TrainingResult;
  readonly scores: TrialScores;
  /** Scores of the generated rows that the training learnt with; empty for unweighted methods. */
  readonly columns: ScoreColumns;
}

/** What a run found, before seeds are folded into rows. */
export interface RunFindings {
  readonly status: RunStatus;
  readonly spec: ResolvedSpec;
  readonly benchmarks: ReadonlyMap<string, PreparedBenchmark>;
  readonly environment: EnvironmentRecord | undefined;
  /** Finished trials, in the order of the spec. */
  readonly outcomes: readonly TrialOutcome[];
  readonly failures: readonly { readonly label: string; readonly message: string }[];
}

/** All that a run knows at its end; outputs and the terminal's table are made from this alone. */
export interface RunResults extends RunFindings {
  /** The results table. Its bootstrap takes seconds, so it is made once. */
  readonly rows: readonly ResultRow[];
}
