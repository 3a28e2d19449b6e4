import { CounterweightError } from "@counterweight/base";
import { scoresOfLabels, type TemperatureFit } from "@counterweight/checkers";
import type { Entry, RunnerContext } from "@counterweight/steps";
import { bytesOf } from "../float-bytes.js";
import type { CalibrateRecipe, EvaluateRecipe, ScoreRecipe, VoteRecipe } from "../plan/recipes.js";
import type { TrialScores } from "../run/events.js";
import { scoreTrial } from "../run/score-trial.js";
import { calibrated, countVotes, fitOn, valuesOf } from "./scores.js";
import { type SourceData, splitOf } from "./source-data.js";
import { readTraining, type TrainingResult, writeTraining } from "./training-result.js";
import { writeDraft } from "./write-draft.js";

/** File of a score step: log-probability of each row's label, `[rows]`. */
export const scoreFile = "scores.f32";

type Context = Pick<RunnerContext, "store" | "draft" | "input">;

const trainingOf = async ({ store, input }: Context, key: string): Promise<TrainingResult> =>
  readTraining(store, await input(key));

/** Lets the checkers of several folds vote. */
export async function vote(
  { source, members, split }: VoteRecipe,
  context: Context,
  data: SourceData,
): Promise<unknown> {
  const ref = { kind: "pool", split } as const;
  const found = await splitOf(ref, context.input);
  const { benchmark } = await data.prepared(source);
  if (found?.folds == null) throw new CounterweightError("internal", "a vote without folds");
  const results = await Promise.all(members.map((key) => trainingOf(context, key)));
  return writeTraining(
    context.draft,
    countVotes(results, found.folds, benchmark.labelNames.length),
  );
}

/** Fits a checker's temperature on the rows that chose its epoch. */
export async function calibrate(
  { source, checker, validation }: CalibrateRecipe,
  context: Context,
  data: SourceData,
): Promise<TemperatureFit> {
  const result = await trainingOf(context, checker);
  const heldOut = await data.table(source, validation, context.input);
  return fitOn(valuesOf(result, "validation"), heldOut);
}

/** The column of scores that a classifier learns with: the checker's log-probability of each label. */
export async function score(
  { source, checker, members, calibrate, checkerName }: ScoreRecipe,
  context: Context,
  data: SourceData,
): Promise<unknown> {
  const { benchmark } = await data.prepared(source);
  const { generated } = benchmark;
  const values =
    calibrate === undefined
      ? valuesOf(await trainingOf(context, checker), "generated")
      : calibrated(
          await Promise.all(
            (members.length === 0 ? [checker] : members).map((key) => trainingOf(context, key)),
          ),
          "generated",
          generated.labelNames.length,
          temperatureIn(await context.input(calibrate)).temperature,
        );
  const column = scoresOfLabels(values, generated, checkerName);
  await writeDraft(context.draft, scoreFile, bytesOf(column));
  return { rows: column.length };
}

/** What an evaluate step finds. */
export interface Evaluation {
  readonly scores: TrialScores;
  /** Fitted on the rows that chose the classifier's epoch. */
  readonly temperature: TemperatureFit;
}

/** Scores of a classifier on the test rows. */
export async function evaluate(
  { source, result: key, validation }: EvaluateRecipe,
  context: Context,
  data: SourceData,
): Promise<Evaluation> {
  const result = await trainingOf(context, key);
  const { benchmark } = await data.prepared(source);
  const heldOut = await data.table(source, validation, context.input);
  return {
    scores: scoreTrial(result.logProbabilities.test, benchmark.test),
    temperature: fitOn(valuesOf(result, "validation"), heldOut),
  };
}

/** The temperature that a calibrate step found. */
function temperatureIn({ result, record }: Entry): TemperatureFit {
  const isFit = (value: unknown): value is TemperatureFit =>
    typeof value === "object" && value !== null && "temperature" in value;
  if (isFit(result)) return result;
  throw new CounterweightError("internal", `${record.label}: no result of a calibration`);
}

/** What an evaluate step's entry holds. */
export function evaluationIn({ result, record }: Entry): Evaluation {
  const isEvaluation = (value: unknown): value is Evaluation =>
    typeof value === "object" && value !== null && "scores" in value && "temperature" in value;
  if (isEvaluation(result)) return result;
  throw new CounterweightError("internal", `${record.label}: no result of an evaluation`);
}
