import type { ClassificationReport } from "@counterweight/metrics";
import type { CalibrationSummary } from "../calibration-summary.js";
import type { MethodComparisons } from "../comparison.js";
import type { Condition, ResultRow } from "../results.js";
import type { WeightSummary } from "../weight-summary.js";

/**
 * All that a report shows, as plain JSON values: `JSON.parse(JSON.stringify(data))` gives the same
 * page. Absent lists leave their section out.
 */
export interface ReportData {
  readonly version: 1;
  readonly name: string;
  readonly description?: string;
  readonly provenance: Provenance;
  /** What {@link aggregate} gives, with `closedFormAccuracy` filled in where the world is known. */
  readonly results: readonly ResultRow[];
  readonly curves?: readonly TrainingCurve[];
  readonly weights?: readonly WeightSummary[];
  readonly classReports?: readonly ClassReport[];
  /** What {@link compareMethods} gives, one for each metric. */
  readonly comparisons?: readonly MethodComparisons[];
  /** What {@link calibrationSummary} gives; classifiers and checkers alike. */
  readonly calibration?: readonly CalibrationSummary[];
  readonly weightHealth?: readonly WeightHealthCourse[];
  readonly splitGuard?: readonly SplitOverlap[];
  readonly modelNotes?: readonly ModelNote[];
  /** Skipped rows, settings worth knowing, whatever a reader must not miss. */
  readonly notes?: readonly ReportNote[];
  /** Row numbers instead of row texts, for data whose licence forbids showing them. */
  readonly hideRowText?: boolean;
}

/** What made the results. */
export interface Provenance {
  /** The command line. */
  readonly command?: string;
  readonly codeVersion: string;
  /** When the run ended, ISO 8601; left out of pages that must come out the same bit for bit. */
  readonly finishedAt?: string;
  /** Machine, runtime versions, threads. */
  readonly environment: readonly ProvenanceItem[];
  /** Input files and models with their digests. */
  readonly inputs: readonly ProvenanceItem[];
  /** The resolved spec as YAML. */
  readonly spec: string;
}

/** A name and what it stands for, such as `Node.js`, `v20.20.2`. */
export interface ProvenanceItem {
  readonly name: string;
  readonly value: string;
}

/** Validation scores after one epoch. */
export interface EpochPoint {
  /** 1-based. */
  readonly epoch: number;
  /** Share, 0 to 1. */
  readonly validationAccuracy: number;
}

/** How one training run went. */
export interface TrainingCurve extends Condition {
  readonly method: string;
  readonly seed: number;
  /** Mean loss of the batch at step i + 1; a step is one update. */
  readonly stepLoss: readonly number[];
  readonly epochs: readonly EpochPoint[];
  /** Epoch whose parameters were kept. */
  readonly bestEpoch?: number;
}

/** Per-class test scores of one training run. */
export interface ClassReport extends Condition {
  readonly method: string;
  readonly seed: number;
  readonly report: ClassificationReport;
}

/** What {@link weightHealth} says after one epoch; shares, 0 to 1. */
export interface WeightHealthPoint {
  /** 1-based. */
  readonly epoch: number;
  readonly effectiveShare: number;
  readonly massOnTopTenth: number;
  readonly largestShare: number;
  /** Names of classes that the weights removed. */
  readonly vanishedClasses: readonly string[];
}

/** How the weights of one training run went. */
export interface WeightHealthCourse extends Condition {
  readonly method: string;
  readonly seed: number;
  readonly epochs: readonly WeightHealthPoint[];
  /** What the guard said, in whole sentences. */
  readonly warnings: readonly string[];
}

/** Rows that two roles of a benchmark share. A row counts in the strictest kind that fits. */
export interface SplitOverlap {
  readonly benchmark: string;
  /** Role whose rows are counted, such as `generated`, with the source's name where there are several. */
  readonly role: string;
  /** Role that they were found in, such as `test`. */
  readonly foundIn: string;
  /** Rows of `role` that were looked at. */
  readonly rows: number;
  /** The same text, letter for letter. */
  readonly exact: number;
  /** The same but for case, spacing and punctuation. */
  readonly normalised: number;
  /** Nearly the same, by MinHash. */
  readonly near: number;
  /** Whether the spec allows exact ones by name. */
  readonly allowed?: boolean;
}

/** What was worth knowing about a checkpoint. */
export interface ModelNote {
  /** Hub id or folder name. */
  readonly model: string;
  /** Parameters that the checkpoint lacked; they began at random. */
  readonly missing: readonly string[];
  /** Parameters of the checkpoint that the classifier has no use for. */
  readonly unused?: readonly string[];
  /** Further sentences. */
  readonly notes?: readonly string[];
}

/** A sentence for the reader. */
export interface ReportNote {
  readonly kind: "note" | "warning";
  readonly text: string;
}
