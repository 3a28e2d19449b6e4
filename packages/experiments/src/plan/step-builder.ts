import { keyOf, type Making, type Step } from "@counterweight/steps";
import type { Recipe } from "./recipes.js";

/**
 * Versions of the steps' code. Raise one when equal settings and inputs may give another result:
 * every entry of that kind, and of those behind it, is then made anew.
 */
export const stepVersions = {
  read: 1,
  split: 1,
  tokenise: 1,
  "train-checker": 1,
  "train-classifier": 1,
  "keep-model": 1,
  vote: 1,
  calibrate: 1,
  score: 1,
  evaluate: 1,
  aggregate: 1,
} as const;

export type StepKind = keyof typeof stepVersions;

/** Steps that are worth sending to a worker; all others are made where they are asked for. */
const onExecutor: readonly StepKind[] = [
  "tokenise",
  "train-checker",
  "train-classifier",
  "keep-model",
];

export interface StepDraft {
  readonly kind: StepKind;
  readonly settings: Making["settings"];
  /** By name; undefined ones are left out. */
  readonly inputs: Readonly<Record<string, string | undefined>>;
  /** Keys of further steps that it reads, which decide no more of it than its inputs do. */
  readonly reads?: readonly string[];
  readonly label: string;
  readonly recipe: Recipe;
  readonly cost: Step["cost"];
  readonly threads?: number;
}

/** Collects steps; equal keys are one step. */
export interface StepBuilder {
  readonly steps: ReadonlyMap<string, Step>;
  /** Adds a step, if it is new, and gives its key. Those it needs must be there already. */
  add(draft: StepDraft): string;
}

/** @param known steps of another builder that new ones may need */
export function stepBuilder(known: ReadonlyMap<string, Step> = new Map()): StepBuilder {
  const steps = new Map<string, Step>();
  const isStep = (key: string): boolean => steps.has(key) || known.has(key);
  return {
    steps,
    add({ kind, settings, inputs, reads = [], label, recipe, cost, threads = 1 }) {
      const given = Object.entries(inputs).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      );
      const making: Making = {
        kind,
        version: stepVersions[kind],
        settings,
        inputs: Object.fromEntries(given),
      };
      const key = keyOf(making);
      if (!steps.has(key)) {
        steps.set(key, {
          key,
          making,
          label,
          needs: [...new Set([...given.map(([, input]) => input), ...reads].filter(isStep))],
          place: onExecutor.includes(kind) ? "executor" : "here",
          cost,
          resources: { threads },
          recipe,
        });
      }
      return key;
    },
  };
}

/** What decides a kept model: the training alone. */
export const keptModelMaking = (training: string) =>
  ({ kind: "keep-model", settings: {}, inputs: { training } }) as const;
