import { CounterweightError, canonicalJson, sha256 } from "@counterweight/base";
import { rowCount, type TextTable } from "@counterweight/data";
import type { Spec, TrainSettings } from "../spec/schema.js";
import { qualityChecker } from "../spec/schema-training.js";
import { expandTrials, type Trial } from "../spec/trials.js";
import { type PreparedBenchmark, tableDigest } from "./prepare.js";
import { scoreNeeds, weightUsesModel } from "./weights.js";

/** One training to be done once, whoever needs its result. */
export interface Training {
  /** SHA-256 of `making`: equal keys are one training. */
  readonly key: string;
  /** All that decides the result, by value or by digest. Stored beside it. */
  readonly making: TrainingMaking;
  readonly label: string;
  /** `quality-checker`, or the loss with its gamma. */
  readonly method: string;
  readonly benchmark: string;
  readonly seed: number;
  readonly loss: string;
  readonly gamma: number;
  readonly settings: TrainSettings;
  readonly rows: TextTable;
  /** Keys of the checkers whose scores of `rows` it learns with. */
  readonly quality: string | undefined;
  readonly diversity: string | undefined;
  /** Which rows the trained model is asked about, and the result holds. */
  readonly predicts: readonly PredictedRole[];
}

export type PredictedRole = "test" | "validation" | "generated";

/** The content of a key. `version` changes when the meaning of an entry does. */
export interface TrainingMaking {
  readonly kind: "training";
  readonly version: 2;
  readonly backend: string;
  readonly model: string;
  readonly loss: string;
  readonly gamma: number;
  readonly settings: TrainSettings;
  readonly seed: number;
  readonly rows: string;
  readonly validation: string;
  /** Digests of the rows asked about, by role. */
  readonly predicts: Readonly<Record<string, string>>;
  readonly quality: string | undefined;
  readonly diversity: string | undefined;
  /**
   * Where the words of the data are the model's vocabulary, the digest of all roles they are taken
   * from; undefined for a model that brings its tokenizer.
   */
  readonly vocabulary: string | undefined;
}

/** A trial, the training that gives its result, and the checkers behind it. */
export interface PlannedTrial {
  readonly trial: Trial;
  readonly training: Training;
}

export interface Plan {
  /** Each before those that need it, in the order of the trials. */
  readonly trainings: readonly Training[];
  readonly trials: readonly PlannedTrial[];
  /** How many trials and trainings use a training, by key. */
  readonly uses: ReadonlyMap<string, number>;
}

export interface PlanInputs {
  readonly spec: Spec;
  readonly benchmarks: ReadonlyMap<string, PreparedBenchmark>;
  /** See `modelDigest`. */
  readonly model: string;
  /** See `TrainingBackend.version`. */
  readonly backend: string;
}

/**
 * Works out which trainings a spec needs. The diversity checker is the training of CE on the same
 * rows and seed, so it has the same key and is one training without anyone saying so.
 */
export function planTrainings({ spec, benchmarks, model, backend }: PlanInputs): Plan {
  const trainings = new Map<string, Training>();
  const uses = new Map<string, number>();
  const severalFractions = spec.checkerFraction.length > 1;
  const ownTokenizer = (spec.model.checkpoint ?? spec.model.config?.tokenizer) !== undefined;

  const add = (
    prepared: PreparedBenchmark,
    trial: Trial,
    loss: string,
    gamma: number,
    isChecker = false,
  ): Training => {
    const needs = isChecker ? [] : scoreNeeds(loss);
    const quality = needs.includes("quality") ? add(prepared, trial, "ce", 1, true).key : undefined;
    const diversity = needs.includes("diversity") ? add(prepared, trial, "ce", 1).key : undefined;
    const { benchmark, digests } = prepared;
    const rows = isChecker
      ? prepared.checkerRows(trial.checkerFraction, trial.seed)
      : benchmark.generated;
    // CE is also the diversity checker, and is asked about the rows it learnt from in any case, so
    // that adding `imp` to a spec finds it in the store.
    const scored = loss === "ce" || (needs.length > 0 && weightUsesModel(loss, gamma));
    const predicts: readonly PredictedRole[] = scored
      ? ["test", "validation", "generated"]
      : ["test", "validation"];
    const settings: TrainSettings = isChecker
      ? { ...spec.train, ...given(spec.checker) }
      : spec.train;
    const making: TrainingMaking = {
      kind: "training",
      version: 2,
      backend,
      model,
      loss,
      gamma,
      settings,
      seed: trial.seed,
      rows: rows === benchmark.train ? digests.train : digestOnce(rows),
      validation: digests.validation,
      predicts: Object.fromEntries(predicts.map((role) => [role, digests[role]])),
      quality,
      diversity,
      vocabulary: ownTokenizer ? undefined : sha256(canonicalJson(digests)),
    };
    const key = sha256(canonicalJson(making));
    uses.set(key, (uses.get(key) ?? 0) + 1);
    const known = trainings.get(key);
    if (known !== undefined) return known;
    const method = isChecker ? qualityChecker : gamma === 1 ? loss : `${loss} (gamma ${gamma})`;
    const fraction =
      severalFractions && (isChecker || quality !== undefined)
        ? `, checker on ${trial.checkerFraction}`
        : "";
    const training: Training = {
      key,
      making,
      label: `${trial.benchmark}, ${method}, seed ${trial.seed}${fraction}`,
      method,
      benchmark: trial.benchmark,
      seed: trial.seed,
      loss,
      gamma,
      settings,
      rows,
      quality,
      diversity,
      predicts,
    };
    trainings.set(key, training);
    return training;
  };

  const digestsOfTables = new WeakMap<TextTable, string>();
  const digestOnce = (table: TextTable): string => {
    const digest = digestsOfTables.get(table) ?? tableDigest(table);
    digestsOfTables.set(table, digest);
    return digest;
  };

  const trials = expandTrials(spec).map((trial): PlannedTrial => {
    const prepared = benchmarks.get(trial.benchmark);
    if (prepared === undefined) {
      throw new CounterweightError("internal", `benchmark ${trial.benchmark} is not prepared`);
    }
    const training =
      trial.loss === qualityChecker
        ? add(prepared, trial, "ce", 1, true)
        : add(prepared, trial, trial.loss, trial.gamma);
    return { trial, training };
  });
  return { trainings: [...trainings.values()], trials, uses };
}

/** Steps of a training: full batches and a smaller last one, every epoch. */
export function stepsOf({ rows, settings }: Training): number {
  return settings.epochs * Math.ceil(rowCount(rows) / settings.batchSize);
}

function given(settings: Partial<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
