import type { WeightTransform } from "@counterweight/losses";
import type { Step } from "@counterweight/steps";
import type { Spec } from "../spec/schema.js";
import type { Trial } from "../spec/trials.js";
import type { AggregateSettings } from "./plan-aggregate.js";
import type { PlannedModel, PlannedSource } from "./plan-data.js";
import type { DataSource, RowsRef } from "./recipes.js";

/** One combination of swept settings, its data and model found. */
export interface PlannedVariant {
  /** Empty for a spec that sweeps nothing. */
  readonly name: string;
  readonly spec: Spec;
  readonly model: PlannedModel;
  /** By name of the benchmark. */
  readonly sources: ReadonlyMap<string, PlannedSource>;
}

/** What a plan is made of. */
export interface PlanInputs {
  readonly variants: readonly PlannedVariant[];
  readonly trials: readonly Trial[];
  readonly sources: Readonly<Record<string, DataSource>>;
  /** `tokenises`: whether it can tokenise apart from training. */
  readonly backend: { readonly version: string; readonly tokenises: boolean };
  readonly saveModels: boolean;
  /** Name of the spec, for labels. */
  readonly name: string;
  readonly aggregate: AggregateSettings;
}

/** A trial, and the steps that give its result. */
export interface PlannedTrial {
  readonly trial: Trial;
  /** Id of its data in `Plan.sources`. */
  readonly source: string;
  /** Key of the training, or of the vote of several checkers. */
  readonly result: string;
  /** Trainings behind `result`: itself, or the members of the vote. */
  readonly members: readonly string[];
  /** Keys of the score columns it learnt with. */
  readonly quality: string | undefined;
  readonly diversity: string | undefined;
  /** Trainings of its checkers, for those who follow their progress. */
  readonly checkers: readonly string[];
  readonly evaluate: string;
  /** Rows that chose its epoch. */
  readonly validation: RowsRef;
  readonly transforms: readonly WeightTransform[];
  /** Key of its kept model, where models are saved. */
  readonly model: string | undefined;
}

/** What a training is, for people and for whoever follows it. */
export interface TrainingInfo {
  /** `quality-checker`, or the loss with its gamma. */
  readonly method: string;
  readonly benchmark: string;
  readonly seed: number;
  /** Rows to learn from. */
  readonly rows: number;
  /** Optimiser steps. */
  readonly steps: number;
}

export interface Plan {
  /** Each before those that need it, in the order of the trials. */
  readonly steps: readonly Step[];
  readonly trials: readonly PlannedTrial[];
  /** Key of the step that folds them into tables. */
  readonly aggregate: string;
  /** By key, the steps that train. */
  readonly trainings: ReadonlyMap<string, TrainingInfo>;
  /** How many trials and trainings use a training, by key. */
  readonly uses: ReadonlyMap<string, number>;
  readonly sources: Readonly<Record<string, DataSource>>;
}
