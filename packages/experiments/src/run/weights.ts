import { CounterweightError } from "@counterweight/base";
import { evaluate, input, type Program, program, tensorValue } from "@counterweight/graph";
import { lossByName, type ScoreName, type WeightTransform } from "@counterweight/losses";
import { qualityChecker } from "../spec/schema-training.js";
import type { ScoreColumns } from "./backend.js";

/** The columns that a row weight is made of, natural logarithms, `[rows]`. */
export interface WeightInputs extends ScoreColumns {
  /** `log p(y|x)` of the trained classifier; needed where `weightUsesModel` says so. */
  readonly own?: Float32Array;
}

function weightProgram(
  loss: string,
  gamma: number,
  transforms: readonly WeightTransform[] = [],
): Program {
  const column = (name: string) => input(name, "float32", ["rows"]);
  const { weight } = lossByName(loss).rowLoss(
    {
      logProbability: column("own"),
      logQuality: column("quality"),
      logDiversity: column("diversity"),
    },
    { gamma, transforms },
  );
  return program("row-weights", { weight });
}

/** Which checkers' scores a loss asks for; none for the quality checker's own row. */
export function scoreNeeds(loss: string): readonly ScoreName[] {
  return lossByName(loss).needs;
}

/** Whether a loss weights rows by checkers, so that its weights can be transformed and be unhealthy. */
export function isWeighted(loss: string): boolean {
  return loss !== qualityChecker && lossByName(loss).weighted;
}

/** Whether a row's weight depends on the classifier that is being trained, as DIMP's does. */
export function weightUsesModel(loss: string, gamma: number): boolean {
  return weightProgram(loss, gamma).inputs.some(({ name }) => name === "own");
}

/**
 * The factor on each row's `-log p`, by the loss's own definition, in float64. `[rows]` The rows given
 * are the batch that `normalise` sees.
 */
export function rowWeights(
  loss: string,
  gamma: number,
  columns: WeightInputs,
  transforms: readonly WeightTransform[] = [],
): Float64Array {
  const compiled = weightProgram(loss, gamma, transforms);
  const inputs = compiled.inputs.map(({ name }) => {
    const values =
      name === "own" ? columns.own : name === "quality" ? columns.quality : columns.diversity;
    if (values === undefined) {
      throw new CounterweightError("internal", `row weights of ${loss} need the column ${name}`);
    }
    return [name, tensorValue(values, [values.length])] as const;
  });
  const weight = evaluate(compiled, Object.fromEntries(inputs)).weight;
  return Float64Array.from(weight?.data ?? []);
}
