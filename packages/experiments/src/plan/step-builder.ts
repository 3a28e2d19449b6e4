import { canonicalJson } from "@counterweight/base";
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
  /**
   * Says that this very object is part of many steps' settings, so that it is written out for their
   * keys once. It must not change any more.
   */
  share(part: object): void;
}

/** Shared parts that are remembered: trials come variant by variant, and a variant has few. */
const mostShared = 1000;

/** @param known steps of another builder that new ones may need */
export function stepBuilder(known: ReadonlyMap<string, Step> = new Map()): StepBuilder {
  const steps = new Map<string, Step>();
  const shared = new Map<object, string>();
  const resources = new Map<number, Step["resources"]>();

  function needsOf(keys: readonly string[]): string[] {
    const needs: string[] = [];
    for (const key of keys) {
      if ((steps.has(key) || known.has(key)) && !needs.includes(key)) needs.push(key);
    }
    return needs;
  }

  /** One object for all steps of as many threads. */
  function resourcesOf(threads: number): Step["resources"] {
    const found = resources.get(threads) ?? { threads };
    resources.set(threads, found);
    return found;
  }

  return {
    steps,
    add({ kind, settings, inputs, reads = [], label, recipe, cost, threads = 1 }) {
      const given: Record<string, string> = {};
      const inputKeys: string[] = [];
      for (const name of Object.keys(inputs)) {
        const input = inputs[name];
        if (input === undefined) continue;
        given[name] = input;
        inputKeys.push(input);
      }
      const making: Making = { kind, version: stepVersions[kind], settings, inputs: given };
      const key = keyOf(making, shared);
      if (!steps.has(key)) {
        steps.set(key, {
          key,
          making,
          label,
          needs: needsOf(reads.length === 0 ? inputKeys : [...inputKeys, ...reads]),
          place: onExecutor.includes(kind) ? "executor" : "here",
          cost,
          resources: resourcesOf(threads),
          recipe,
        });
      }
      return key;
    },
    share(part) {
      if (shared.has(part)) return;
      if (shared.size === mostShared) shared.clear();
      shared.set(part, canonicalJson(part));
    },
  };
}

/** What decides a kept model: the training alone. */
export const keptModelMaking = (training: string) =>
  ({ kind: "keep-model", settings: {}, inputs: { training } }) as const;
