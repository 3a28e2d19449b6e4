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
  add(result: Finished): void;
  /** A training's or a vote's result; undefined until all that it needs is there. */
  get(key: string): Finished | undefined;
  /**
   * Temperature of a model, fitted on its held-out rows; of several checkers one for all. It is 1
   * where all held-out rows are right: their likelihood then grows without end towards certainty,
   * and says nothing of the rows that will be scored.
   */
  temperature(key: string): TemperatureFit | undefined;
  /**
   * Log-probabilities at that temperature, `[rows, classes]`. Of several checkers each is scaled
   * before they vote: it was fitted on one checker's scores of a row, and a mean is less sure already.
   */
  calibrated(key: string, role: "test" | "generated"): Float32Array | undefined;
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
    const found = fitTemperature(values, rows.label, rows.labelNames.length);
    const fit =
      found.atBound && found.temperature < 1
        ? { ...found, temperature: 1, logLossAfter: found.logLossBefore }
        : found;
    temperatures.set(key, fit);
    return fit;
  }

  function calibrated(key: string, role: "test" | "generated"): Float32Array | undefined {
    const fit = temperature(key);
    const classes = heldOut(key)?.labelNames.length;
    if (fit === undefined || classes === undefined) return undefined;
    const scaled = (values: Float32Array): Float32Array =>
      applyTemperature(values, classes, fit.temperature);
    const vote = plan.votes.get(key);
    if (vote === undefined) {
      const values = get(key)?.logProbabilities[role];
      return values === undefined ? undefined : scaled(values);
    }
    const members = vote.members.flatMap((member) => results.get(member) ?? []);
    return meanLogProbabilities(members.map((member) => scaled(valuesOf(member, role))));
  }

  return {
    add: (result) => {
      results.set(result.key, result);
    },
    get,
    temperature,
    calibrated,
    scores({ quality, diversity }, generated) {
      const column = (key: string | undefined, checker: string, scaled: boolean) => {
        if (key === undefined) return undefined;
        const values = scaled ? calibrated(key, "generated") : get(key)?.logProbabilities.generated;
        return values === undefined ? undefined : scoresOfLabels(values, generated, checker);
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

function valuesOf({ label, logProbabilities }: Finished, role: string): Float32Array {
  const values = logProbabilities[role];
  if (values !== undefined) return values;
  throw new CounterweightError("internal", `${label} was not asked about ${role}`);
}

/** Several checkers as one: their mean probability, and out-of-fold ones for the rows they learnt from. */
function countVotes(vote: Vote, members: readonly Finished[]): Finished {
  const classes = vote.pool.labelNames.length;
  const of = (role: string): Float32Array[] => members.map((member) => valuesOf(member, role));
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
