import type { Role } from "@counterweight/data";
import type { WeightTransform } from "@counterweight/losses";
import type { Spec, TrainSettings } from "../spec/schema.js";
import type { TrainingInfo } from "./plan.js";
import type { DataSteps, PlannedModel, PlannedRows } from "./plan-data.js";
import type { PredictedRole } from "./recipes.js";
import type { StepBuilder } from "./step-builder.js";

/** What a model is asked about that others learn from, or that weights its own rows. */
export const allRoles: readonly PredictedRole[] = ["test", "validation", "generated"];
/** What any other one is asked about. */
export const withoutGenerated: readonly PredictedRole[] = ["test", "validation"];

/** A training that is asked for. */
export interface WantedTraining {
  readonly kind: "train-checker" | "train-classifier";
  readonly steps: DataSteps;
  /** Id of its data. */
  readonly source: string;
  readonly benchmark: string;
  readonly seed: number;
  /** `quality-checker`, or the loss with its gamma. */
  readonly method: string;
  readonly label: string;
  readonly loss: string;
  readonly gamma: number;
  readonly transforms: readonly WeightTransform[];
  readonly settings: TrainSettings;
  readonly rows: PlannedRows;
  readonly validation: PlannedRows;
  readonly predicts: readonly PredictedRole[];
  /** Keys of the score columns it learns with. */
  readonly quality?: string | undefined;
  readonly diversity?: string | undefined;
}

/** A step of training costs about three times a look at a row: forward, and twice that backward. */
const trainingCost = 3;

/** Gives a function that adds trainings, each once, and counts who uses them. */
export function trainingAdder({
  builder,
  trainings,
  uses,
  backend,
  model,
  spec,
}: {
  readonly builder: StepBuilder;
  readonly trainings: Map<string, TrainingInfo>;
  readonly uses: Map<string, number>;
  readonly backend: { readonly version: string; readonly tokenises: boolean };
  readonly model: PlannedModel;
  readonly spec: Spec;
}): (wanted: WantedTraining) => string {
  return ({ kind, steps, source, benchmark, seed, method, label, ...wanted }) => {
    const { loss, gamma, transforms, settings, rows, validation, predicts } = wanted;
    const { quality, diversity } = wanted;
    const others = predicts.filter((role) => role !== "validation");
    const tokens: Partial<Record<Role, string>> = {};
    if (backend.tokenises) {
      for (const role of new Set([...rows.roles, ...validation.roles, ...others])) {
        tokens[role] = steps.tokens(role, model, settings.maxLength);
      }
    }
    const inputs: Record<string, string | undefined> = {
      rows: rows.key,
      validation: validation.key,
    };
    for (const role of others) inputs[role] = steps.read(role);
    for (const [role, own] of Object.entries(tokens)) inputs[`tokens-${role}`] = own;
    inputs.vocabulary = model.tokenizer === undefined ? steps.vocabulary : undefined;
    inputs.quality = quality;
    inputs.diversity = diversity;
    builder.share(settings);
    const asked = others.reduce((sum, role) => sum + steps.role(role).count, validation.count);
    const shape = [
      `${kind} ${benchmark} model ${model.digest.slice(0, 8)} batch ${settings.batchSize}`,
      `length ${settings.maxLength} threads ${settings.threads} epochs ${settings.epochs}`,
      `rows ${rows.count}`,
    ].join(" ");
    const key = builder.add({
      kind,
      settings: {
        backend: backend.version,
        model: model.digest,
        loss,
        gamma,
        transforms: transforms.length === 0 ? undefined : transforms,
        train: settings,
        seed,
        rows: wordsOf(rows),
        validation: wordsOf(validation),
        predicts,
      },
      inputs,
      label,
      recipe: {
        kind: "train",
        source,
        model: model.model,
        modelDigest: model.digest,
        loss,
        gamma,
        transforms,
        settings,
        seed,
        rows: rows.ref,
        validation: validation.ref,
        predicts,
        quality,
        diversity,
        tokens,
        checkpoints: spec.checkpoints,
        guard: spec.weights.guard,
        keepsModel: false,
      },
      cost: {
        shape,
        units: settings.epochs * (trainingCost * rows.count + validation.count) + asked,
      },
      threads: settings.threads,
    });
    uses.set(key, (uses.get(key) ?? 0) + 1);
    if (!trainings.has(key)) {
      const steps = settings.epochs * Math.ceil(rows.count / settings.batchSize);
      trainings.set(key, { method, benchmark, seed, rows: rows.count, steps });
    }
    return key;
  };
}

function wordsOf({ ref }: PlannedRows): string {
  return ref.kind === "role" ? ref.role : "fold" in ref ? `${ref.kind} ${ref.fold}` : ref.kind;
}
