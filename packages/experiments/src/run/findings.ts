import { CounterweightError } from "@counterweight/base";
import {
  applyTemperature,
  fitTemperature,
  meanLogProbabilities,
  outOfFold,
  scoresOfLabels,
  type TemperatureFit,
} from "@counterweight/checkers";
import type { TextTable } from "@counterweight/data";
import type { TrainingResult } from "../store.js";
import type { ScoreColumns } from "./backend.js";
import type { Plan, Vote } from "./plan.js";

/** What a trial's classifier, or a vote of checkers, is known by afterwards. */
export type Finished = Omit<TrainingResult, "making">;

/** Finished trainings, the votes they make possible, and the score columns that come of them. */
export interface Findings {
  add(result: TrainingResult): void;
  /** A training's or a vote's result; undefined until all that it needs is there. */
  get(key: string): Finished | undefined;
  /** Temperature of a quality checker, fitted on its held-out rows. */
  temperature(key: string): TemperatureFit | undefined;
  /** The columns that a training on `generated` learns with. */
  scores(
    checkers: { readonly quality: string | undefined; readonly diversity: string | undefined },
    generated: TextTable,
  ): ScoreColumns;
}

/**
 * Keeps what trainings found. Votes and temperatures are made when first asked for, from what
 * trainings stored, so a continued run has them too.
 * @param calibrate whether quality scores are calibrated before they become weights
 */
export function createFindings(
  plan: Pick<Plan, "votes" | "trainings">,
  calibrate: boolean,
): Findings {
  const results = new Map<string, Finished>();
  const temperatures = new Map<string, TemperatureFit>();

  function get(key: string): Finished | undefined {
    const known = results.get(key);
    if (known !== undefined) return known;
    const vote = plan.votes.get(key);
    const members = vote?.members.map((member) => results.get(member)) ?? [];
    const there = members.filter((member) => member !== undefined);
    if (vote === undefined || there.length < vote.members.length) return undefined;
    const result = countVotes(vote, there);
    results.set(key, result);
    return result;
  }

  function heldOut(key: string): TextTable | undefined {
    return (
      plan.votes.get(key)?.pool ?? plan.trainings.find((other) => other.key === key)?.validation
    );
  }

  function temperature(key: string): TemperatureFit | undefined {
    const known = temperatures.get(key);
    if (known !== undefined) return known;
    const rows = heldOut(key);
    const values = get(key)?.logProbabilities.validation;
    if (rows === undefined || values === undefined) return undefined;
    const fit = fitTemperature(values, rows.label, rows.labelNames.length);
    temperatures.set(key, fit);
    return fit;
  }

  return {
    add: (result) => {
      results.set(result.key, result);
    },
    get,
    temperature,
    scores({ quality, diversity }, generated) {
      const column = (key: string | undefined, checker: string, calibrated: boolean) => {
        const values = key === undefined ? undefined : get(key)?.logProbabilities.generated;
        if (key === undefined || values === undefined) return undefined;
        const fit = calibrated ? temperature(key) : undefined;
        const classes = generated.labelNames.length;
        const own = fit === undefined ? values : applyTemperature(values, classes, fit.temperature);
        return scoresOfLabels(own, generated, checker);
      };
      const qualityColumn = column(quality, "the quality checker", calibrate);
      const diversityColumn = column(diversity, "the diversity checker", false);
      return {
        ...(qualityColumn === undefined ? {} : { quality: qualityColumn }),
        ...(diversityColumn === undefined ? {} : { diversity: diversityColumn }),
      };
    },
  };
}

/** Several checkers as one: their mean probability, and out-of-fold ones for the rows they learnt from. */
function countVotes(vote: Vote, members: readonly Finished[]): Finished {
  const classes = vote.pool.labelNames.length;
  const of = (role: string): Float32Array[] =>
    members.map(({ label, logProbabilities }) => {
      const values = logProbabilities[role];
      if (values !== undefined) return values;
      throw new CounterweightError("internal", `${label} was not asked about ${role}`);
    });
  return {
    key: vote.key,
    label: vote.label,
    seconds: members.reduce((sum, { seconds }) => sum + seconds, 0),
    bestEpoch: 0,
    epochs: [],
    steps: { loss: [], learningRate: [] },
    logProbabilities: {
      test: meanLogProbabilities(of("test")),
      generated: meanLogProbabilities(of("generated")),
      validation: outOfFold(vote.folds, of("validation"), classes),
    },
    rowHistory: { weights: [], logProbabilities: [] },
  };
}
