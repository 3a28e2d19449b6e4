import { createHash } from "node:crypto";
import { canonicalJson, sha256 } from "@counterweight/base";
import { keyOf, type Making, type Step } from "@counterweight/steps";
import type { PreparedBenchmark } from "../run/prepare.js";
import type { Spec } from "../spec/schema.js";
import type { PlannedTrial } from "./plan.js";
import type { AggregateRecipe, DataSource } from "./recipes.js";
import { stepVersions } from "./step-builder.js";

/** What decides how trials are folded into tables, beside their results. */
export interface AggregateSettings extends Pick<AggregateRecipe, "evaluation" | "guard"> {
  /** By id of the source. */
  readonly sources: ReadonlyMap<string, AggregatedSource>;
}

interface AggregatedSource {
  readonly testRows: number;
  /** Digest of what is known of it that its rows do not say; empty where nothing is. */
  readonly truth: string;
}

/**
 * Those of a spec.
 * @param prepared by id of the source
 */
export function aggregateSettings(
  { evaluation, weights }: Spec,
  prepared: ReadonlyMap<string, PreparedBenchmark>,
  sources: Readonly<Record<string, DataSource>>,
): AggregateSettings {
  const found = new Map<string, AggregatedSource>();
  for (const [id, { benchmark, trueLabels, expectedAccuracy }] of prepared) {
    const labels = trueLabels === undefined ? "" : sha256(canonicalJson([...trueLabels]));
    // A world's settings decide what theory says of it.
    const world = expectedAccuracy === undefined ? "" : canonicalJson(sources[id]?.benchmark);
    found.set(id, {
      testRows: benchmark.test.label.length,
      truth: labels === "" && world === "" ? "" : sha256(`${labels} ${world}`),
    });
  }
  return { evaluation, guard: weights.guard, sources: found };
}

/**
 * The step that folds all trials of a plan: rows over seeds with their bootstrap intervals, comparisons
 * of methods, calibration, courses of weights. It is last, since it needs every trial.
 *
 * Its making names the trials by one digest: the keys of 100,000 trials would be a making of 20 MB.
 */
export function aggregateStep(
  name: string,
  trials: readonly PlannedTrial[],
  { evaluation, guard, sources }: AggregateSettings,
): Step {
  const making: Making = {
    kind: "aggregate",
    version: stepVersions.aggregate,
    settings: { evaluation, guard },
    inputs: { trials: trialsDigest(trials, sources) },
  };
  const needs = new Set<string>();
  for (const { evaluate, result, members, quality, diversity } of trials) {
    for (const key of [result, ...members, quality, diversity, evaluate]) {
      if (key !== undefined) needs.add(key);
    }
  }
  return {
    key: keyOf(making),
    making,
    label: `tables of ${name}`,
    needs: [...needs],
    place: "here",
    // The bootstrap decides it.
    cost: {
      shape: `aggregate resamples ${evaluation.bootstrapResamples}`,
      units: trials.reduce((sum, { source }) => sum + (sources.get(source)?.testRows ?? 0), 0),
    },
    resources: { threads: 1 },
    recipe: { kind: "aggregate", trials, evaluation, guard } satisfies AggregateRecipe,
  };
}

/** SHA-256 of a JSON list with what names each trial and its results; never the list as one string. */
function trialsDigest(
  trials: readonly PlannedTrial[],
  sources: AggregateSettings["sources"],
): string {
  const hash = createHash("sha256");
  for (const [index, planned] of trials.entries()) {
    const { trial, source, evaluate, result, quality, diversity } = planned;
    const { variant, benchmark, generated, checkerFraction, seed, method, loss, gamma } = trial;
    const place = [variant, benchmark, generated, checkerFraction, seed, method, loss, gamma];
    const keys = [
      evaluate,
      result,
      quality ?? "",
      diversity ?? "",
      sources.get(source)?.truth ?? "",
    ];
    hash.update(`${index === 0 ? "[" : ","}${JSON.stringify(place.concat(keys))}`);
  }
  return hash.update(trials.length === 0 ? "[]" : "]").digest("hex");
}
