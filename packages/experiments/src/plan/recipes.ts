import { CounterweightError } from "@counterweight/base";
import type { Role } from "@counterweight/data";
import type { WeightTransform } from "@counterweight/losses";
import type { Step } from "@counterweight/steps";
import type { DataChoice } from "../run/prepare.js";
import type { ModelSpec, Spec, TrainSettings } from "../spec/schema.js";
import type { BenchmarkSpec } from "../spec/schema-benchmarks.js";
import type { PlannedTrial } from "./plan.js";

/** Rows a trained model is asked about, so that the result holds their log-probabilities. */
export type PredictedRole = "test" | "validation" | "generated";

/** Which rows of a data source a step works on. */
export type RowsRef =
  | { readonly kind: "role"; readonly role: Role }
  /** The real training rows of a split. */
  | { readonly kind: "fraction"; readonly split: string }
  /** Those and the validation rows: all of them, all but a fold, or the fold. */
  | { readonly kind: "pool"; readonly split: string }
  | { readonly kind: "others" | "fold"; readonly split: string; readonly fold: number };

/** What a worker reads the data with: the settings that decide it, and what was read when planned. */
export interface DataSource {
  readonly benchmark: BenchmarkSpec;
  readonly choice: DataChoice;
  /** SHA-256 by role, as planned: other rows than these are refused. */
  readonly digests: Readonly<Record<Role, string>>;
}

export interface ReadRecipe {
  readonly kind: "read";
  readonly source: string;
  readonly role: Role;
}

export interface SplitRecipe {
  readonly kind: "split";
  readonly source: string;
  readonly fraction: number;
  readonly seed: number;
  /** Folds of the pool of these rows and the validation rows. */
  readonly folds: number | undefined;
}

export interface TokeniseRecipe {
  readonly kind: "tokenise";
  readonly source: string;
  readonly role: Role;
  readonly model: ModelSpec;
  /** SHA-256 of the tokenizer's files, as planned; undefined where the data's words are tokens. */
  readonly tokenizerDigest: string | undefined;
  readonly maxLength: number;
}

/** A training of a checker or a classifier. */
export interface TrainRecipe {
  readonly kind: "train";
  readonly source: string;
  readonly model: ModelSpec;
  /** SHA-256 of all that the model starts from, as planned: other files than these are refused. */
  readonly modelDigest: string;
  readonly loss: string;
  readonly gamma: number;
  readonly transforms: readonly WeightTransform[];
  readonly settings: TrainSettings;
  readonly seed: number;
  readonly rows: RowsRef;
  /** Rows that choose the epoch. */
  readonly validation: RowsRef;
  readonly predicts: readonly PredictedRole[];
  /** Keys of the steps with the score columns of its rows. */
  readonly quality: string | undefined;
  readonly diversity: string | undefined;
  /** Keys of the tokenised roles; empty for a backend that does not tokenise apart. */
  readonly tokens: Readonly<Partial<Record<Role, string>>>;
  readonly checkpoints: Spec["checkpoints"];
  readonly guard: Spec["weights"]["guard"];
  /** Whether the trained model is kept too, as an entry of its own. */
  readonly keepsModel: boolean;
}

/** Keeps the model of a training whose result is in the store without it: trains once more. */
export interface KeepModelRecipe {
  readonly kind: "keep-model";
  readonly train: TrainRecipe;
}

/** The votes of several checkers as one. */
export interface VoteRecipe {
  readonly kind: "vote";
  readonly source: string;
  readonly members: readonly string[];
  readonly split: string;
}

export interface CalibrateRecipe {
  readonly kind: "calibrate";
  readonly source: string;
  /** Key of a training or a vote. */
  readonly checker: string;
  readonly validation: RowsRef;
}

export interface ScoreRecipe {
  readonly kind: "score";
  readonly source: string;
  readonly checker: string;
  /** Its checkers where it is a vote. */
  readonly members: readonly string[];
  readonly calibrate: string | undefined;
  /** How messages name the checker. */
  readonly checkerName: string;
}

export interface EvaluateRecipe {
  readonly kind: "evaluate";
  readonly source: string;
  readonly result: string;
  readonly validation: RowsRef;
}

/** Folds all trials into tables. Only the coordinator makes it: the recipe holds the whole plan. */
export interface AggregateRecipe {
  readonly kind: "aggregate";
  readonly trials: readonly PlannedTrial[];
  readonly evaluation: Spec["evaluation"];
  readonly guard: Spec["weights"]["guard"];
}

export type Recipe =
  | ReadRecipe
  | SplitRecipe
  | TokeniseRecipe
  | TrainRecipe
  | KeepModelRecipe
  | VoteRecipe
  | CalibrateRecipe
  | ScoreRecipe
  | EvaluateRecipe
  | AggregateRecipe;

const kinds: readonly Recipe["kind"][] = [
  "read",
  "split",
  "tokenise",
  "train",
  "keep-model",
  "vote",
  "calibrate",
  "score",
  "evaluate",
  "aggregate",
];

/**
 * The recipe of a step. It crosses processes as plain JSON that this package wrote, at the version of
 * the code that reads it (a worker is started by its coordinator): only its kind is looked at.
 */
export function recipeOf({ recipe, label }: Pick<Step, "recipe" | "label">): Recipe {
  if (isRecipe(recipe)) return recipe;
  throw new CounterweightError("internal", `${label}: a step without a recipe of this package`);
}

const isRecipe = (value: unknown): value is Recipe =>
  typeof value === "object" &&
  value !== null &&
  "kind" in value &&
  kinds.some((kind) => kind === value.kind);
