import { canonicalJson, sha256 } from "@counterweight/base";
import { type EventFields, fieldsOf, listOf, textOf, textsOf } from "./fields.js";

/** A trial, the trainings that give its result, and those of its checkers with their prefix. */
export interface TrialRelation {
  readonly trial: EventFields;
  /** Keys of trainings: one, or the members of a vote. */
  readonly result: readonly string[];
  readonly checkers: readonly { readonly training: string; readonly prefix: string }[];
}

/** A planned training, as far as relations need it. */
export interface TrainingFields {
  readonly key: string;
  readonly label: string;
  readonly method: string;
  readonly benchmark: string;
  readonly seed: unknown;
  readonly uses: number;
  readonly needs: readonly string[];
}

export const isChecker = ({ method }: TrainingFields): boolean => method === "quality-checker";

/** Trainings of a plan, by key. */
export function trainingsOf(plan: EventFields): ReadonlyMap<string, TrainingFields> {
  const trainings = listOf(plan, "trainings").map((training): TrainingFields => {
    const { seed, uses } = training;
    return {
      key: textOf(training, "key"),
      label: textOf(training, "label"),
      method: textOf(training, "method"),
      benchmark: textOf(training, "benchmark"),
      seed,
      uses: typeof uses === "number" ? uses : 0,
      needs: textsOf(training, "needs"),
    };
  });
  return new Map(trainings.map((training) => [training.key, training]));
}

/** Prefix of each member: none for one, `fold-1/` and so on for several. */
export const memberPrefix = (index: number, count: number): string =>
  count === 1 ? "" : `fold-${index + 1}/`;

/** Which of a trial's checkers is which: those trained on real rows judge quality. */
export function checkersOf(
  keys: readonly string[],
  trainings: ReadonlyMap<string, TrainingFields>,
): TrialRelation["checkers"] {
  const isQuality = (key: string): boolean => {
    const training = trainings.get(key);
    return training === undefined || isChecker(training);
  };
  const named = (name: string, members: readonly string[]) =>
    members.map((training, index) => ({
      training,
      prefix: `checker/${name}/${memberPrefix(index, members.length)}`,
    }));
  return [
    ...named("quality", keys.filter(isQuality)),
    ...named(
      "diversity",
      keys.filter((key) => !isQuality(key)),
    ),
  ];
}

/** Relations as a plan of this version tells them; empty where it does not. */
export function plannedRelations(plan: EventFields): TrialRelation[] {
  const trainings = trainingsOf(plan);
  return listOf(plan, "trials").map((entry) => ({
    trial: fieldsOf(entry, "trial"),
    result: textsOf(entry, "result"),
    checkers: checkersOf(
      entry.checkers === undefined
        ? [...textsOf(entry, "quality"), ...textsOf(entry, "diversity")]
        : textsOf(entry, "checkers"),
      trainings,
    ),
  }));
}

/** Relation of a trial whose result is known: its checkers are what its training waited for. */
export function relationOf(
  trial: EventFields,
  result: readonly string[],
  trainings: ReadonlyMap<string, TrainingFields>,
): TrialRelation {
  const needs = new Set(result.flatMap((key) => trainings.get(key)?.needs ?? []));
  return { trial, result, checkers: checkersOf([...needs], trainings) };
}

/**
 * Relations that a plan without trials leaves open, as those of earlier versions: of trainings that
 * some trial uses (by `uses`, beyond the trainings that need them) and that `known` does not hold.
 * What the label says stands for the trial.
 */
export function guessedRelations(
  plan: EventFields,
  known: readonly TrialRelation[],
): TrialRelation[] {
  const trainings = trainingsOf(plan);
  const taken = new Set(known.flatMap(({ result }) => result));
  const needed = new Map<string, number>();
  for (const { needs } of trainings.values()) {
    for (const key of needs) needed.set(key, (needed.get(key) ?? 0) + 1);
  }
  return [...trainings.values()].flatMap((training) => {
    const { key, label, method, benchmark, seed, uses } = training;
    if (taken.has(key) || isChecker(training) || uses <= (needed.get(key) ?? 0)) return [];
    const fraction = /, checker on ([\d.]+)/.exec(label)?.[1];
    const gamma = /\(gamma ([\d.]+)/.exec(method)?.[1];
    const trial = {
      benchmark,
      checkerFraction: Number(fraction ?? 1),
      seed,
      method,
      loss: method.split(" ")[0] ?? method,
      gamma: Number(gamma ?? 1),
    };
    return [relationOf(trial, [key], trainings)];
  });
}

/** What a trial's loss follows from, or the data's: no part of what makes it this trial. */
const derived: ReadonlySet<string> = new Set(["generated", "loss", "gamma"]);

/** What makes a trial this trial, whatever training gives its result. */
export function trialHash(trial: EventFields): string {
  const own = Object.entries(trial).filter(([key, value]) => !derived.has(key) && value !== "");
  return sha256(canonicalJson(Object.fromEntries(own))).slice(0, 16);
}

/** Id of a trial's run in a run folder. Another training for the same trial is another run. */
export const trialRunId = (
  identity: string,
  { trial, result }: Pick<TrialRelation, "trial" | "result">,
): string => sha256(canonicalJson([identity, trialHash(trial), result])).slice(0, 32);

/** Id of the run of the whole spec. */
export const specRunId = (identity: string): string => sha256(`spec ${identity}`).slice(0, 32);
